"""The settings as flags of a command."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from hanabi.settings import OPTIONS, Option

Command = Callable[..., Any]


def settings_flags(command: Command, options: Sequence[Option] = OPTIONS) -> Command:
    """Give a command one flag for each of some settings; `settings.load_settings` takes them."""
    for option in reversed(options):
        default = f" Default: {option.default}." if isinstance(option.default, str) else ""
        flag = click.option(
            option.flag,
            option.name,
            metavar="VALUE" if option.alone is None else "[VALUE]",
            is_flag=False,
            flag_value=option.alone,
            help=f"{option.purpose}{default}  [{option.variable}]",
        )
        command = flag(command)
    return command
