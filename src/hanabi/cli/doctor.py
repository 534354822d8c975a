"""`hanabi doctor`: what this machine has, and what stands in the way of a server."""

import os
import sys

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hanabi import __version__
from hanabi.cli.checks import CHECKS, Finding, run_check
from hanabi.cli.options import settings_flags
from hanabi.settings import load_settings

_MARKS = {
    "good": Text("ok", style="green"),
    "note": Text("look", style="bold yellow"),
    "bad": Text("bad", style="bold red"),
}


@click.command()
@click.argument("model", required=False)
@settings_flags
def doctor(model: str | None, **flags: str | None) -> None:
    """Say what this machine has, and what stands in the way.

    With MODEL, a GGUF file or the name of a stored model, load it instead and say how it is
    computed and what it takes. Takes the settings of `serve`. Exits with 1 when a finding is bad.
    """
    settings = load_settings(flags, os.environ)
    if model is None:
        findings = {name: run_check(check, settings) for name, check in CHECKS.items()}
    else:
        from hanabi.cli.model_checks import model_findings  # noqa: PLC0415 - imports the server

        findings = dict(model_findings(settings, model))
    console = Console(highlight=False)
    console.print(Text.assemble(("Hanabi ", "bold"), __version__))
    console.print(_table(findings))
    if any(finding.state == "bad" for finding in findings.values()):
        sys.exit(1)


def _table(findings: dict[str, Finding]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(width=4)
    table.add_column(style="cyan")
    table.add_column(overflow="fold")
    for name, finding in findings.items():
        table.add_row(_MARKS[finding.state], name, Text(finding.text))
    return table
