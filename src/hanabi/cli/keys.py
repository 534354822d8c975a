"""`hanabi keys`: make, list and revoke the API keys of this machine."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
import msgspec
from rich.console import Console
from rich.text import Text

from hanabi.accounts.account import Limits
from hanabi.accounts.key_file import ACCOUNT
from hanabi.accounts.keys import Keys
from hanabi.cli.expiry import ExpiryType
from hanabi.cli.key_view import key_fields, key_list
from hanabi.cli.registry import ModelNameType, registry_flags
from hanabi.database.connection import open_database
from hanabi.protocol.api_keys import LIMIT_MAX
from hanabi.registry.names import check_id
from hanabi.settings import load_settings

_NUMBER = click.IntRange(1, LIMIT_MAX)


@click.group()
def keys() -> None:
    """Make, list and revoke API keys.

    A running server heeds within a second what these commands do.
    """


@keys.command()
@click.argument("name")
@click.option("--account", default=ACCOUNT, show_default=True, help="Whose key it is.")
@click.option(
    "--expires",
    type=ExpiryType(),
    help="When it ends: in 30d, 12h or 45m, or at an ISO date such as 2030-12-31, in UTC.",
)
@click.option(
    "--models",
    metavar="NAME,...",
    help="The only models that it may use, separated by commas; named as in `hanabi models`.",
)
@click.option("--requests-per-minute", type=_NUMBER, help="The most requests in a minute.")
@click.option("--tokens-per-minute", type=_NUMBER, help="The most tokens, of prompts and replies.")
@click.option("--max-concurrent", type=_NUMBER, help="The most requests at once.")
@click.option("--monthly-tokens", type=_NUMBER, help="The most tokens in a calendar month, UTC.")
@click.option("--admin", is_flag=True, help="Let it manage all accounts, their models and keys.")
@registry_flags
def create(  # noqa: PLR0913 - one for each option
    name: str,
    *,
    account: str,
    expires: int | None,
    models: str | None,
    requests_per_minute: int | None,
    tokens_per_minute: int | None,
    max_concurrent: int | None,
    monthly_tokens: int | None,
    admin: bool,
    **flags: str | None,
) -> None:
    """Create a key called NAME, and print it: this once, since only its hash is kept."""
    check_id("account", account, param="account")
    limits = Limits(
        requests_per_minute=requests_per_minute,
        tokens_per_minute=tokens_per_minute,
        max_concurrent=max_concurrent,
        monthly_tokens=monthly_tokens,
    )
    allowed = None if models is None else _names(models)
    with _open_keys(flags) as opened:
        key = opened.create(
            account, name, admin=admin, expires=expires, models=allowed, limits=limits
        )
    # Beside the output, which is the key alone: KEY=$(hanabi keys create NAME)
    notes = Console(stderr=True, highlight=False, soft_wrap=True)
    notes.print(Text.assemble("Created the key ", (name, "bold"), f" of the account {account}"))
    click.echo(key.text)
    notes.print("This is the only time that it is shown: only its hash is kept")


@keys.command("list")
@click.option("--account", help="Only the keys of this account.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@registry_flags
def list_(*, account: str | None, as_json: bool, **flags: str | None) -> None:
    """List the keys, revoked and expired ones included; never the text of one."""
    if account is not None:
        check_id("account", account, param="account")
    with _open_keys(flags) as opened:
        found = opened.list(account)
    if as_json:
        fields = [key_fields(key) for key in found]
        click.echo(msgspec.json.format(msgspec.json.encode(fields), indent=2))
    elif found:
        Console(highlight=False).print(key_list(found, time.time()))
    else:
        click.echo("There is no key: `hanabi keys create NAME` makes one")


@keys.command()
@click.argument("which", metavar="ID_OR_PREFIX")
@registry_flags
def revoke(which: str, **flags: str | None) -> None:
    """Revoke a key, for good. ID_OR_PREFIX is what a list shows of it."""
    with _open_keys(flags) as opened:
        key = opened.revoke(which)
    name = Text.assemble("Revoked the key ", (key.name, "bold"), f" of the account {key.account}")
    Console(highlight=False, soft_wrap=True).print(name)


@contextmanager
def _open_keys(flags: dict[str, str | None]) -> Iterator[Keys]:
    """The keys of the database that the flags, else the environment, else the defaults name."""
    settings = load_settings(flags, os.environ)
    database = open_database(settings.home, settings.database)
    try:
        yield Keys(database)
    finally:
        database.dispose()


def _names(models: str) -> frozenset[str]:
    """Full names from what the option holds. Raises InvalidRequestError that states the rule."""
    read = ModelNameType()
    return frozenset(str(read.convert(name.strip(), None, None)) for name in models.split(","))
