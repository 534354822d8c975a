"""`hanabi serve`: start the server."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hanabi.accounts.key_file import FILE_NAME
from hanabi.cli.banner import Banner, print_banner, server_url
from hanabi.cli.options import settings_flags
from hanabi.console.login import LINK
from hanabi.registry.gguf import read_header
from hanabi.settings import load_settings

if TYPE_CHECKING:
    from hanabi.app import Ready

_MAGIC = b"GGUF"


@click.command()
@click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    metavar="PATH",
    help="A GGUF file to serve beside the models of the store.",
)
@settings_flags
def serve(model: Path | None, **flags: str | None) -> None:
    """Start the server.

    Each setting is taken from its flag, else from the environment variable in brackets.
    """
    settings = load_settings(flags, os.environ)
    if model is not None:
        _check_gguf(model)
    from hanabi import app  # noqa: PLC0415 - the server is a second of imports that --help skips

    app.serve(settings, model, on_ready=_announce)


def _announce(ready: "Ready") -> None:
    """Print the banner of a server that takes requests."""
    settings, loaded = ready.settings, ready.loaded
    url = server_url(settings.host, ready.port, tls=settings.tls_cert is not None)
    banner = Banner(
        url=url,
        socket=settings.uds,
        console=None if settings.uds else url + LINK.format(token=ready.token),
        key=ready.key.text,
        key_file=settings.home / FILE_NAME,
        key_replaced=ready.key.origin == "replaced",
        model=str(ready.model.name),
        chat=ready.model.manifest.style is not None,
        kernels=loaded.kernels,
        threads=settings.threads,
        slots=loaded.slots,
        context_length=loaded.context_length,
        cache_bytes=loaded.cache_bytes,
        cache_budget=settings.kv_memory,
        exact=loaded.facts.exact,
    )
    print_banner(banner)


def _check_gguf(path: Path) -> None:
    """Refuse a file of another kind, or of a model that cannot answer, before a server starts.

    Raises click.BadParameter, and InvalidRequestError that names the key or says why.
    """
    with path.open("rb") as file:
        start = file.read(len(_MAGIC))
    if start != _MAGIC:
        raise click.BadParameter(
            f"{path} is no GGUF file: it must begin with {_MAGIC!r}, not {start!r}",
            param_hint="'--model'",
        )
    read_header(path)
