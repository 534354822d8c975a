"""`hanabi usage`: what keys, models and days have used."""

import os
import time
from collections.abc import Sequence

import click
import msgspec
from rich.bar import Bar
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hanabi.accounts.usage_since import parse_since
from hanabi.accounts.usage_sums import BYS, SINCE, By, UsageSum, key_names, usage_sums
from hanabi.cli.registry import registry_flags
from hanabi.database.connection import open_database
from hanabi.settings import load_settings

BAR = 24
"""Columns of the longest bar."""


@click.command()
@click.option("--by", type=click.Choice(BYS), default="day", show_default=True)
@click.option(
    "--since",
    default=SINCE,
    show_default=True,
    metavar="SPAN|TIME",
    help="A span such as 24h, 7d or 4w, or an ISO 8601 date or time; 1d is today.",
)
@click.option("--account", help="Only this account.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@registry_flags
def usage(*, by: By, since: str, account: str | None, as_json: bool, **flags: str | None) -> None:
    """Show the requests and tokens of each key, model or day. Days are UTC's.

    Each request that came with a good key counts, also one that was refused or whose client left.
    A running server writes usage four times a second.
    """
    begin = parse_since(since, time.time())
    settings = load_settings(flags, os.environ)
    database = open_database(settings.home, settings.database)
    try:
        sums = usage_sums(database, by, since=begin, account=account)
        names = key_names(database) if by == "key" else {}
    finally:
        database.dispose()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode([_fields(each) for each in sums])))
    else:
        Console(highlight=False).print(_table(sums, by, names))


def _fields(each: UsageSum) -> dict[str, str | int]:
    """A sum as plain data."""
    amounts: dict[str, int] = msgspec.structs.asdict(each.amount)
    return {"group": each.group} | amounts | {"total_tokens": each.amount.tokens}


def _table(sums: Sequence[UsageSum], by: By, names: dict[str, str]) -> Table:
    """A line for each sum, with a bar of its tokens."""
    table = Table(
        box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="cyan", show_footer=True
    )
    requests = sum(each.amount.requests for each in sums)
    prompt = sum(each.amount.prompt_tokens for each in sums)
    completion = sum(each.amount.completion_tokens for each in sums)
    table.add_column(by.capitalize(), overflow="fold", footer="Total")
    table.add_column("Requests", justify="right", footer=f"{requests:,}")
    table.add_column("Prompt", justify="right", footer=f"{prompt:,}")
    table.add_column("Completion", justify="right", footer=f"{completion:,}")
    table.add_column("Tokens", width=BAR)
    most = max((each.amount.tokens for each in sums), default=0)
    for each in sums:
        name = names.get(each.group)
        table.add_row(
            Text(each.group or "(no model)") if name is None else Text(f"{name} ({each.group})"),
            f"{each.amount.requests:,}",
            f"{each.amount.prompt_tokens:,}",
            f"{each.amount.completion_tokens:,}",
            Bar(most or 1, 0, each.amount.tokens, width=BAR, color="magenta"),
        )
    return table
