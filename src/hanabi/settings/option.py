"""One setting as a person gives it: its names, its bounds, its default."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from hanabi.settings.values import one_of, parse_number, parse_size, parse_yes_no, within

Default = str | Callable[[Mapping[str, Any]], Any]
"""Of a setting: a text like a flag's, or a function of the values of the settings before it."""


class Option(msgspec.Struct, frozen=True):
    """One setting as a person gives it.

    Attributes:
        name: the field of Settings.
        default: a text like a flag's, or a function that finds the value out on this machine, or
            from the settings before it.
        parse: reads a text; raises ValueError for one that is out of bounds.
        limit: the bounds in words, for the error and the help.
        purpose: a line for the help; where the default is a function, what that makes after a
            semicolon.
        alone: the text that the flag stands for when none follows it; None where one must.
    """

    name: str
    default: Default
    parse: Callable[[str], Any]
    limit: str
    purpose: str
    alone: str | None = None

    @property
    def flag(self) -> str:
        """On the command line: `--kv-memory`."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """In the environment: `HANABI_KV_MEMORY`."""
        return "HANABI_" + self.name.upper()


def number(name: str, least: int, most: int, default: Default, purpose: str) -> Option:
    """An option that is a whole number."""

    def parse(text: str) -> int:
        return within(parse_number(text), least, most)

    return Option(name, default, parse, f"a whole number from {least} to {most}", purpose)


def size(name: str, least: str, default: Default, purpose: str) -> Option:
    """An option that is a number of bytes."""

    def parse(text: str) -> int:
        return within(parse_size(text), parse_size(least), parse_size("1024T"))

    return Option(name, default, parse, f"bytes, or a size such as 512M, from {least}", purpose)


def word(name: str, words: tuple[str, ...], default: Default, purpose: str) -> Option:
    """An option that is one of some words."""
    return Option(name, default, one_of(words), f"one of {', '.join(words)}", purpose)


def yes_no(name: str, purpose: str) -> Option:
    """An option that is off unless it is asked for."""
    return Option(name, "no", parse_yes_no, "yes or no", purpose, alone="yes")
