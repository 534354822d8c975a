"""Every setting of the server, with its bounds and its default."""

import sys

from platformdirs import user_data_path

from hanabi.machine import available_cores, memory_limit
from hanabi.settings.option import Option, number, size, word, yes_no
from hanabi.settings.values import (
    parse_host_names,
    parse_origins,
    parse_path,
    parse_proxies,
    parse_seconds,
    parse_text,
)

OPTIONS = (
    Option(
        "home",
        lambda _: user_data_path("hanabi", appauthor=False).absolute(),
        parse_path,
        "a folder",
        "Where models, keys and the database live; the platform's data folder.",
    ),
    Option("host", "127.0.0.1", parse_text, "an address", "The address to listen on."),
    number("port", 0, 65535, "8000", "The port to listen on; 0 takes a free one."),
    Option(
        "uds",
        lambda _: None,
        parse_path,
        "a path",
        "A Unix socket to listen on instead of address and port; none.",
    ),
    Option(
        "tls_cert",
        lambda _: None,
        parse_path,
        "a file",
        "The TLS certificate and its chain, as PEM; none, so HTTP without TLS.",
    ),
    Option(
        "tls_key",
        lambda _: None,
        parse_path,
        "a file",
        "The private key of the certificate, as PEM; none.",
    ),
    Option(
        "trusted_proxies",
        lambda _: (),
        parse_proxies,
        "addresses and networks with commas between them, or unix for whoever opens the socket",
        "Proxies whose X-Forwarded-For and -Proto are believed; none.",
    ),
    Option(
        "allowed_hosts",
        lambda _: (),
        parse_host_names,
        "names or addresses of hosts, without ports, with commas between them",
        "Names in the Host header that are answered beside loopback's; none, but all of them when"
        " others than this machine reach the address.",
    ),
    Option(
        "cors_origins",
        lambda _: (),
        parse_origins,
        "origins such as https://example.com with commas between them, or * for all",
        "Web pages of other origins that may call the API; none.",
    ),
    number("threads", 1, 1024, lambda _: available_cores(), "Compute threads; the physical cores."),
    number("poll", 0, 100, "50", "How hard idle compute threads spin for work."),
    size(
        "memory",
        "1M",
        lambda _: memory_limit() * 3 // 4,
        "Memory for all loaded models together; three quarters of what there is.",
    ),
    size(
        "kv_memory",
        "1M",
        lambda settings: settings["memory"] // 3,
        "Memory for the KV cache of a model; a third of `--memory`.",
    ),
    word(
        "kv_type",
        ("f16", "q8_0"),
        "f16",
        "Number format of the KV cache; q8_0 halves its memory and rounds it.",
    ),
    number(
        "context",
        1,
        2**24,
        lambda _: None,
        "Tokens a sequence can hold; the model's own, at most 8192.",
    ),
    number("slots", 1, 256, "32", "The most sequences that run at once."),
    number("queue_limit", 0, 2**20, "256", "Requests that may wait for a slot."),
    number("token_budget", 1, 2**16, "256", "The most tokens of prompts in a step."),
    yes_no("deterministic", "Whether replies never depend on cached replies; slower long chats."),
    size("body_limit", "1K", "16M", "The most bytes of a request body."),
    Option(
        "drain_timeout",
        "30",
        parse_seconds,
        "seconds from 0 to 99999",
        "Seconds for running requests to finish after SIGTERM.",
    ),
    word("log_level", ("debug", "info", "warning", "error"), "info", "What to log."),
    word(
        "log_format",
        ("console", "json"),
        lambda _: "console" if sys.stderr.isatty() else "json",
        "How a log line looks, console or json; console on a terminal, else json.",
    ),
    yes_no("log_prompts", "Whether the prompts of requests are logged: secrets, maybe."),
    Option(
        "database",
        lambda _: None,
        parse_text,
        "an SQLAlchemy URL",
        "An SQLAlchemy URL; a SQLite file in the home folder.",
    ),
)
"""Every setting, in the order of the help."""
