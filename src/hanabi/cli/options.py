"""The settings as flags of a command."""

from collections.abc import Callable
from typing import Any

import click

from hanabi.settings import OPTIONS

Command = Callable[..., Any]


def settings_flags(command: Command) -> Command:
    """Give a command one flag for each setting; their texts go to `settings.load_settings`."""
    for option in reversed(OPTIONS):
        default = f" Default: {option.default}." if isinstance(option.default, str) else ""
        flag = click.option(
            option.flag,
            option.name,
            metavar="VALUE",
            help=f"{option.purpose}{default}  [{option.variable}]",
        )
        command = flag(command)
    return command
