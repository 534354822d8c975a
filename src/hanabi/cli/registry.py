"""The registry as a command works with it: on the home folder and the database, without a server.

A server on the same home sees at once what a command does.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import click

from hanabi.accounts.key_file import ACCOUNT
from hanabi.cli.options import settings_flags
from hanabi.database.connection import open_database
from hanabi.registry.names import ModelName, parse_name
from hanabi.registry.registry import Registry
from hanabi.settings import OPTIONS, load_settings

registry_flags = partial(
    settings_flags, options=[option for option in OPTIONS if option.name in {"home", "database"}]
)
"""Gives a command the flags that tell where the registry is."""


@contextmanager
def open_registry(flags: dict[str, str | None]) -> Iterator[Registry]:
    """The registry that the flags, else the environment, else the defaults name."""
    settings = load_settings(flags, os.environ)
    database = open_database(settings.home, settings.database)
    try:
        yield Registry(settings.home, database)
    finally:
        database.dispose()


class ModelNameType(click.ParamType[ModelName]):
    """A model's name on the command line, in full or in short.

    `ACCOUNT/MODEL` stands for the full name, and a `MODEL` alone is one of the local account.
    """

    name = "name"

    def convert(
        self, value: str, _param: click.Parameter | None, _context: click.Context | None
    ) -> ModelName:
        """The name. Raises InvalidRequestError that states the rule."""
        match value.split("/"):
            case [model]:
                return ModelName(ACCOUNT, model)
            case [account, model]:
                return ModelName(account, model)
        return parse_name(value)


def short_name(name: ModelName) -> str:
    """A name that `ModelNameType` reads, short enough for a table."""
    return f"{name.account}/{name.model}"
