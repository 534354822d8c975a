"""What `hanabi serve` prints when it is ready: all that is needed for a first request."""

import json
import shlex
from pathlib import Path

import msgspec
from rich.console import Console
from rich.text import Text

from hanabi import __version__
from hanabi.cli.size import shown_size

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - names, no listening
"""Addresses that mean every one of the machine's; a client on it needs one of them."""

_PROMPT = "Say this is a test"


class Banner(msgspec.Struct, frozen=True, kw_only=True):
    """What the banner tells.

    Attributes:
        url: the server's address, without a path, as `server_url` makes it.
        socket: the Unix socket that it listens on, or None.
        console: a link that opens the web console and signs in, once; None on a Unix socket, which
            browsers do not open.
        key: the local API key.
        key_file: where it stands.
        key_replaced: whether the key is new although there were keys before.
        model: the full name of the model that the example asks.
        chat: whether that model has a conversation style; else the example is a completion.
        kernels: llama.cpp's kernels in use.
        threads: compute threads.
        slots: sequences that run at once.
        context_length: tokens each of them can hold.
        cache_bytes: what the KV cache takes.
        cache_budget: what it may take.
        exact: whether the model's replies have the same bits whatever runs beside them.
    """

    url: str
    socket: Path | None
    console: str | None
    key: str
    key_file: Path
    key_replaced: bool
    model: str
    chat: bool
    kernels: str
    threads: int
    slots: int
    context_length: int
    cache_bytes: int
    cache_budget: int
    exact: bool = True


def server_url(host: str, port: int | None, *, tls: bool) -> str:
    """The address at which a client on this machine reaches a server that listens on `host`.

    Without a port it listens on a Unix socket, on which any name will do.
    """
    scheme = "https" if tls else "http"
    if port is None:
        return f"{scheme}://localhost"
    name = _ANY.get(host, host)
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"


def engine_line(banner: Banner) -> str:
    """The engine in a line: kernels, threads, slots x context, KV cache; and where not exact."""
    return (
        f"{banner.kernels} kernels, {banner.threads} thread{'s' if banner.threads > 1 else ''}, "
        f"{banner.slots} slots x {banner.context_length} tokens, "
        f"KV cache {shown_size(banner.cache_bytes)} of {shown_size(banner.cache_budget)}"
        f"{'' if banner.exact else ', not exact'}"
    )


def curl_command(banner: Banner) -> str:
    """A request to paste into a shell, over several lines."""
    messages = [{"role": "user", "content": _PROMPT}]
    route, asked = "completions", f'"prompt": {json.dumps(_PROMPT)}'
    if banner.chat:
        route, asked = "chat/completions", f'"messages": {json.dumps(messages)}'
    body = f'{{\n    "model": {json.dumps(banner.model)},\n    {asked}\n  }}'
    path = [] if banner.socket is None else [f"--unix-socket {shlex.quote(str(banner.socket))}"]
    return " \\\n  ".join(
        (
            f"curl {shlex.quote(f'{banner.url}/inference/v1/{route}')}",
            *path,
            f"--header {shlex.quote(f'Authorization: Bearer {banner.key}')}",
            "--header 'Content-Type: application/json'",
            f"--data {shlex.quote(body)}",
        )
    )


def print_banner(banner: Banner, console: Console | None = None) -> None:
    """Print the banner; no line is wrapped or padded, so that all of it can be copied."""
    out = console or Console()
    rows = {
        "Address": f"{banner.url}/inference/v1",
        **({} if banner.socket is None else {"Socket": str(banner.socket)}),
        **({} if banner.console is None else {"Console": banner.console}),
        "API key": banner.key,
        "kept in": str(banner.key_file),
        "Docs": f"{banner.url}/docs",
        "Engine": engine_line(banner),
    }
    lines = [Text.assemble(("Hanabi", "bold magenta"), f" {__version__} is ready"), Text()]
    lines += [Text.assemble((f"  {name:<9}", "cyan"), value) for name, value in rows.items()]
    if banner.key_replaced:
        notice = "  The key is new: the file was lost, or its key no longer good."
        lines += [Text(), Text(notice, style="yellow")]
    lines += [Text(), Text("Try it:", style="cyan"), Text(), Text(curl_command(banner)), Text()]
    for line in lines:
        out.print(line, soft_wrap=True, highlight=False)
