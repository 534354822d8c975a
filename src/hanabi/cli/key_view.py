"""API keys as people and programs read them on a terminal."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from hanabi.accounts.key_record import KeyRecord
from hanabi.cli.registry import short_name
from hanabi.registry.names import parse_name

_STYLES = {"good": "green", "expired": "yellow", "revoked": "red"}
_LIMITS = {
    "requests_per_minute": "requests/min",
    "tokens_per_minute": "tokens/min",
    "max_concurrent": "at once",
    "monthly_tokens": "tokens/month",
}


def key_fields(key: KeyRecord) -> dict[str, Any]:
    """Everything about a key as plain data, for `--json`; times in seconds since the epoch."""
    models = None if key.models is None else sorted(key.models)
    return {**msgspec.structs.asdict(key), "models": models} | {
        "limits": msgspec.structs.asdict(key.limits)
    }


def key_list(keys: Sequence[KeyRecord], now: float) -> Table:
    """A line for each key, and one for each further thing that narrows it down."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="cyan")
    table.add_column("Key", no_wrap=True)
    table.add_column("Account", overflow="fold")
    table.add_column("Name", overflow="fold", min_width=8)
    table.add_column("State", no_wrap=True)
    table.add_column("Expires", no_wrap=True)
    table.add_column("Limits", overflow="fold", min_width=24)
    for key in keys:
        state = key.state(now)
        table.add_row(
            Text(key.prefix),
            Text(key.account),
            Text(key.name),
            Text(state, style=_STYLES[state]),
            "" if key.expires is None else _day(key.expires),
            Text("\n".join(_limits(key))),
        )
    return table


def _limits(key: KeyRecord) -> list[str]:
    """What a key may do, a short line each."""
    limits = [
        f"{value:,} {unit}"
        for name, unit in _LIMITS.items()
        if (value := getattr(key.limits, name)) is not None
    ]
    models = sorted(short_name(parse_name(name)) for name in key.models or ())
    return ["admin"] * key.admin + limits + models


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
