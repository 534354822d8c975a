"""The settings of a server, built once: flags first, then the environment, then the defaults."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from hanabi.settings.option import Option
from hanabi.settings.options import OPTIONS


class SettingsError(Exception):
    """A setting that cannot be; the message names flag and variable, the limit and the value."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a server runs. `load_settings` makes it; OPTIONS tells flags, limits and defaults.

    Attributes:
        home: where models, keys and the database live.
        host: the address to listen on.
        port: the TCP port to listen on; 0 takes a free one.
        uds: the Unix socket to listen on instead; None: `host` and `port`.
        tls_cert: the file of the TLS certificate; None: no TLS.
        tls_key: the file of its private key; there is one if there is a certificate.
        trusted_proxies: addresses, networks, or `unix`, whose X-Forwarded headers are believed.
        allowed_hosts: names that the Host header may have, beside those of loopback.
        cors_origins: origins of web pages that may call the API, or `*` for all.
        threads: compute threads of an engine.
        poll: how hard idle compute threads spin for work: 0 sleeps at once, 100 spins longest.
        memory: bytes of memory that the engines of all loaded models may take together.
        kv_memory: bytes of memory for the KV cache of an engine.
        kv_type: number format of the KV cache: `f16` or `q8_0`.
        context: tokens that one sequence can hold; None: the model's own, at most 8192.
        slots: the most sequences that run at once.
        queue_limit: requests that may wait beyond those that run.
        token_budget: the most tokens of prompts between two tokens of running sequences.
        deterministic: whether a reply never depends on replies that the prefix cache holds.
        body_limit: the most bytes of a request body.
        drain_timeout: seconds that running requests have to finish after SIGTERM.
        log_level: the least severe level that is logged.
        log_format: how a line of the log looks: `console` or `json`.
        log_prompts: whether the text of prompts is logged.
        database: an SQLAlchemy URL; None: a SQLite file under `home`.
    """

    home: Path
    host: str
    port: int
    uds: Path | None
    tls_cert: Path | None
    tls_key: Path | None
    trusted_proxies: tuple[str, ...]
    allowed_hosts: tuple[str, ...]
    cors_origins: tuple[str, ...]
    threads: int
    poll: int
    memory: int
    kv_memory: int
    kv_type: str
    context: int | None
    slots: int
    queue_limit: int
    token_budget: int
    deterministic: bool
    body_limit: int
    drain_timeout: float
    log_level: str
    log_format: str
    log_prompts: bool
    database: str | None


def load_settings(flags: Mapping[str, str | None], environment: Mapping[str, str]) -> Settings:
    """Build the settings.

    Args:
        flags: texts from the command line by field name; None, or no entry, is not given.
        environment: the process' environment; an empty variable counts as not set.

    Raises SettingsError for the first value that is out of bounds, and for settings that do not
    go together.
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
    settings = Settings(**values)
    if (settings.tls_cert is None) != (settings.tls_key is None):
        given = settings.tls_cert or settings.tls_key
        raise SettingsError(
            f"--tls-cert and --tls-key must be given both or not at all: only '{given}' is given"
        )
    return settings


def _default(option: Option, values: Mapping[str, Any]) -> Any:
    default = option.default
    return option.parse(default) if isinstance(default, str) else default(values)
