"""Models as people and programs read them on a terminal."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from hanabi.cli.registry import short_name
from hanabi.cli.size import shown_size
from hanabi.registry.model import StoredModel
from hanabi.registry.registry import Alias


def model_fields(model: StoredModel, aliases: Iterable[Alias]) -> dict[str, Any]:
    """Everything about a model as plain data, for `--json`."""
    return {
        "name": str(model.name),
        "state": model.state,
        "created": model.created,
        "display_name": model.details.display_name,
        "description": model.details.description,
        "public": model.details.public,
        "context_length": model.context_length,
        "aliases": [str(alias.name) for alias in aliases if alias.target == model.name],
        "files": msgspec.to_builtins(model.files),
        "fireworks.json": msgspec.to_builtins(model.manifest),
    }


def model_list(models: Sequence[StoredModel], aliases: Sequence[Alias]) -> Table:
    """A line for each model, below it one for each of its aliases."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="cyan")
    table.add_column("Name", overflow="fold")
    table.add_column("State")
    table.add_column("Chat", overflow="fold")
    table.add_column("Size", justify="right", no_wrap=True)
    table.add_column("Context", justify="right")
    table.add_column("Created", no_wrap=True)
    for model in models:
        table.add_row(
            Text(short_name(model.name)),
            _state(model),
            _style(model),
            shown_size(sum(file.size for file in model.files)),
            _context(model),
            f"{_created(model):%Y-%m-%d}",
        )
        for alias in aliases:
            if alias.target == model.name:
                table.add_row(Text(f"= {short_name(alias.name)}", style="dim"))
    return table


def model_page(model: StoredModel, aliases: Sequence[Alias]) -> Table:
    """All about one model but its fireworks.json."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan")
    table.add_column(overflow="fold")
    rows: dict[str, str | Text] = {
        "Name": str(model.name),
        "Aliases": "\n".join(str(a.name) for a in aliases if a.target == model.name),
        "Display name": model.details.display_name,
        "Description": model.details.description,
        "State": _state(model),
        "Public": "yes" if model.details.public else "no",
        "Created": f"{_created(model):%Y-%m-%d %H:%M:%S} UTC",
        "Context": _context(model),
        "Files": "\n".join(f"{file.path}  {shown_size(file.size)}" for file in model.files),
        "Weights": str(model.weights or ""),
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, value if isinstance(value, Text) else Text(value))
    return table


def _state(model: StoredModel) -> Text:
    return Text(model.state, style="green" if model.state == "READY" else "yellow")


def _style(model: StoredModel) -> str:
    config = model.manifest.conversation_config
    return "" if config is None else config.style


def _context(model: StoredModel) -> str:
    return "" if model.context_length is None else str(model.context_length)


def _created(model: StoredModel) -> datetime:
    return datetime.fromtimestamp(model.created, UTC)
