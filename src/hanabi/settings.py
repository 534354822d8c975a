"""The settings of a server, built once: flags first, then the environment, then the defaults."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from platformdirs import user_data_path

from hanabi.machine import available_cores, memory_limit


class SettingsError(Exception):
    """A setting that cannot be; the message names flag and variable, the limit and the value."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a server runs. `load_settings` makes it; OPTIONS tells flags, limits and defaults.

    Attributes:
        home: where models, keys and the database live.
        host: the address to listen on.
        port: the TCP port to listen on; 0 takes a free one.
        threads: compute threads of an engine.
        poll: how hard idle compute threads spin for work: 0 sleeps at once, 100 spins longest.
        memory: bytes of memory that the engines of all loaded models may take together.
        kv_memory: bytes of memory for the KV cache of an engine.
        context: tokens that one sequence can hold; None: the model's own, at most 8192.
        slots: the most sequences that run at once.
        queue_limit: requests that may wait beyond those that run.
        token_budget: the most tokens of prompts between two tokens of running sequences.
        body_limit: the most bytes of a request body.
        drain_timeout: seconds that running requests have to finish after SIGTERM.
        log_level: the least severe level that is logged.
        database: an SQLAlchemy URL; None: a SQLite file under `home`.
    """

    home: Path
    host: str
    port: int
    threads: int
    poll: int
    memory: int
    kv_memory: int
    context: int | None
    slots: int
    queue_limit: int
    token_budget: int
    body_limit: int
    drain_timeout: float
    log_level: str
    database: str | None


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
    """

    name: str
    default: Default
    parse: Callable[[str], Any]
    limit: str
    purpose: str

    @property
    def flag(self) -> str:
        """On the command line: `--kv-memory`."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """In the environment: `HANABI_KV_MEMORY`."""
        return "HANABI_" + self.name.upper()


_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgt]?)i?b?", re.ASCII | re.IGNORECASE)
_LOG_LEVELS = ("debug", "info", "warning", "error")


def parse_size(text: str) -> int:
    """Read bytes: `1073741824`, `512M`, `1.5 GiB`; a unit is a power of 1024."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError
    return int(float(match[1]) * _UNITS[match[2].lower()])


def _number(name: str, least: int, most: int, default: Default, purpose: str) -> Option:
    """An option that is a whole number."""

    def parse(text: str) -> int:
        return _within(
            int(text) if re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII) else None, least, most
        )

    return Option(name, default, parse, f"a whole number from {least} to {most}", purpose)


def _size(name: str, least: str, default: Default, purpose: str) -> Option:
    """An option that is a number of bytes."""

    def parse(text: str) -> int:
        return _within(parse_size(text), parse_size(least), parse_size("1024T"))

    return Option(name, default, parse, f"bytes, or a size such as 512M, from {least}", purpose)


def _within(value: int | None, least: int, most: int) -> int:
    if value is None or not least <= value <= most:
        raise ValueError
    return value


def _text(text: str) -> str:
    if not text or not text.isprintable():
        raise ValueError
    return text


def _home(text: str) -> Path:
    return Path(_text(text)).expanduser().absolute()


def _seconds(text: str) -> float:
    if not re.fullmatch(r"\d{1,5}(\.\d+)?", text, re.ASCII):
        raise ValueError
    return float(text)


def _log_level(text: str) -> str:
    if text.lower() not in _LOG_LEVELS:
        raise ValueError
    return text.lower()


OPTIONS = (
    Option(
        "home",
        lambda _: user_data_path("hanabi", appauthor=False).absolute(),
        _home,
        "a folder",
        "Where models, keys and the database live; the platform's data folder.",
    ),
    Option("host", "127.0.0.1", _text, "an address", "The address to listen on."),
    _number("port", 0, 65535, "8000", "The port to listen on; 0 takes a free one."),
    _number(
        "threads", 1, 1024, lambda _: available_cores(), "Compute threads; the physical cores."
    ),
    _number("poll", 0, 100, "50", "How hard idle compute threads spin for work."),
    _size(
        "memory",
        "1M",
        lambda _: memory_limit() * 3 // 4,
        "Memory for all loaded models together; three quarters of what there is.",
    ),
    _size(
        "kv_memory",
        "1M",
        lambda settings: settings["memory"] // 3,
        "Memory for the KV cache of a model; a third of `--memory`.",
    ),
    _number(
        "context",
        1,
        2**24,
        lambda _: None,
        "Tokens a sequence can hold; the model's own, at most 8192.",
    ),
    _number("slots", 1, 256, "32", "The most sequences that run at once."),
    _number("queue_limit", 0, 2**20, "256", "Requests that may wait for a slot."),
    _number("token_budget", 1, 2**16, "128", "The most tokens of prompts in a step."),
    _size("body_limit", "1K", "16M", "The most bytes of a request body."),
    Option(
        "drain_timeout",
        "30",
        _seconds,
        "seconds from 0 to 99999",
        "Seconds for running requests to finish after SIGTERM.",
    ),
    Option("log_level", "info", _log_level, f"one of {', '.join(_LOG_LEVELS)}", "What to log."),
    Option(
        "database",
        lambda _: None,
        _text,
        "an SQLAlchemy URL",
        "An SQLAlchemy URL; a SQLite file in the home folder.",
    ),
)
"""Every setting, in the order of the help."""


def load_settings(flags: Mapping[str, str | None], environment: Mapping[str, str]) -> Settings:
    """Build the settings.

    Args:
        flags: texts from the command line by field name; None, or no entry, is not given.
        environment: the process' environment; an empty variable counts as not set.

    Raises SettingsError for the first value that is out of bounds.
    """
    values: dict[str, Any] = {}
    for option in OPTIONS:
        flag = flags.get(option.name)
        text = flag if flag is not None else environment.get(option.variable) or None
        source = option.flag if flag is not None else option.variable
        try:
            values[option.name] = (
                _default(option, values) if text is None else option.parse(text.strip())
            )
        except ValueError as error:
            raise SettingsError(f"{source} must be {option.limit}: {text!r}") from error
    return Settings(**values)


def _default(option: Option, values: Mapping[str, Any]) -> Any:
    default = option.default
    return option.parse(default) if isinstance(default, str) else default(values)
