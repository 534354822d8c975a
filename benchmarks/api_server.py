"""The server side of api_ceiling.py: the real API over a mock backend, or a bare ASGI app.

The first line of its input says which. It is answered by the port, and the process ends when its
input does. Both apps are served by Hanabi's own server class: the same uvicorn, the same settings.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp, Receive, Scope, Send

from hanabi.accounts.key_file import ensure_local_key
from hanabi.accounts.keys import Keys
from hanabi.accounts.limiter import Limiter
from hanabi.accounts.usage_sums import month_tokens
from hanabi.accounts.usage_writer import UsageWriter
from hanabi.api.accounting import Accounting
from hanabi.api.dependencies import Dependencies
from hanabi.api.drain import Drain
from hanabi.api.metrics import Metrics
from hanabi.api.routes import build_app
from hanabi.catalog import ModelCatalog
from hanabi.console.assets import Assets
from hanabi.console.login import OneTimeLogin, new_token
from hanabi.database.connection import open_database
from hanabi.engine.config import EngineConfig
from hanabi.engine.pool import EnginePool
from hanabi.generation.defaults import ModelDefaults
from hanabi.generation.events import Event, FinishReason, PromptEvent, TokenEvent
from hanabi.generation.request import GenerationRequest
from hanabi.generation.served_model import Asker, Catalog
from hanabi.generation.service import TextService
from hanabi.generation.vocab import Vocab
from hanabi.listening import listen
from hanabi.registry.registry import Registry
from hanabi.registry.upload import Uploads
from hanabi.server import Server
from hanabi.styles.chatml import ChatML
from hanabi.styles.template.processes import TemplateProcesses
from workload import CHAT_MODEL

WORDS = (b" the", b" a", b" small", b" harbour", b" was", b" quiet", b",", b" and")
"""Pieces of the usual length of a token; the mock says them over and over."""


class MockGeneration:
    """Gives one token an event as fast as it is asked. Implements `Generation`."""

    def __init__(self, request: GenerationRequest) -> None:
        """Take the request: one prompt, one choice."""
        self._tokens = request.max_tokens
        self._cancelled = False
        self.prefilled = sum(map(len, request.prompts))
        self.began: float | None = None

    def discard(self, tokens: int) -> None:
        """Nobody counts here."""

    def cancel(self, choice: int | None = None) -> None:
        """Stop."""
        del choice
        self._cancelled = True

    async def __aiter__(self) -> AsyncIterator[list[Event]]:
        """Yield a token a turn of the event loop, so that all streams advance side by side."""
        yield [PromptEvent(0)]
        for number in range(self._tokens):
            await asyncio.sleep(0)
            if self._cancelled:
                return
            finish: FinishReason | None = "length" if number + 1 == self._tokens else None
            yield [TokenEvent(0, number % len(WORDS), finish)]


class MockBackend:
    """A model without an engine. Implements `Backend`."""

    vocab = Vocab(pieces=WORDS, special={}, bos=None, eos=None, end_ids=(), add_bos=False)
    context_length = 1_000_000

    async def tokenize(self, parts: Sequence[str | int]) -> tuple[int, ...]:
        """One id a character."""
        return tuple(0 for part in parts if isinstance(part, str) for _ in part)

    def submit(self, request: GenerationRequest) -> MockGeneration:
        """Start a request."""
        return MockGeneration(request)


class MockModel:
    """The one model. Implements `ServedModel`."""

    name = CHAT_MODEL
    style = ChatML()
    defaults = ModelDefaults()

    @asynccontextmanager
    async def backend(self) -> AsyncIterator[MockBackend]:
        """The mock."""
        yield MockBackend()


class MockCatalog:
    """Finds the one model. Implements `Catalog`."""

    def find(self, name: str, asker: Asker) -> MockModel:
        """Whatever is asked for."""
        del name, asker
        return MockModel()


def api(home: Path, catalog: Catalog | None = None) -> tuple[ASGIApp, str]:
    """The real API over a mock, and a key that opens it; `catalog` finds another one."""
    database = open_database(home)
    registry = Registry(home, database)
    keys = Keys(database)
    key = ensure_local_key(keys, home).text
    catalog = catalog or MockCatalog()
    metrics = Metrics(CollectorRegistry())
    pool = EnginePool(EngineConfig(threads=1, poll=0, cache_bytes=0), memory=0)  # loads nothing
    stored = ModelCatalog(registry, pool, TemplateProcesses())
    usage = UsageWriter(database)
    limiter = Limiter(lambda key: month_tokens(database, key, time.time()))
    dependencies = Dependencies(
        service=TextService(catalog),
        catalog=catalog,
        listing=stored,
        registry=registry,
        uploads=Uploads(home, database),
        delete_model=stored.delete,
        keys=keys,
        database=database,
        accounting=Accounting(metrics, usage, limiter),
        metrics=metrics,
        drain=Drain(),
        assets=Assets(),
        login=OneTimeLogin(new_token(), key),
    )
    return build_app(dependencies), key


def bare(frames: list[bytes], whole: bytes) -> ASGIApp:
    """An app that knows its answers beforehand: `/stream` sends frames, all else one body.

    It gives way to other requests before each frame, as the mock does before each token: without
    that, frames would be joined into fewer writes to the socket.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        stream = scope["path"] == "/stream"
        kind = b"text/event-stream; charset=utf-8" if stream else b"application/json"
        fields = [(b"content-type", kind)]
        if not stream:
            fields.append((b"content-length", str(len(whole)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        if stream:
            for frame in frames:
                await asyncio.sleep(0)
                await send({"type": "http.response.body", "body": frame, "more_body": True})
        await send({"type": "http.response.body", "body": b"" if stream else whole})

    return app


async def serve(app: ASGIApp, on_port: Callable[[int], None]) -> None:
    """Serve an app until the input ends."""
    socket = listen("127.0.0.1", 0)
    port: int = socket.getsockname()[1]
    server = Server(app, drain_timeout=1, on_ready=lambda: on_port(port), on_exit=lambda: None)
    serving = asyncio.create_task(server.serve(sockets=[socket]))
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving


def _tell(answer: dict[str, Any]) -> None:
    """Write a line for whoever started this."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve what the first line asks for."""
    asked = json.loads(sys.stdin.readline())
    with tempfile.TemporaryDirectory() as home:
        key = ""
        if asked["app"] == "api":
            app, key = api(Path(home))
        else:
            frames = [frame.encode() for frame in asked["frames"]]
            app = bare(frames, asked["whole"].encode())
        uvloop.run(serve(app, lambda port: _tell({"port": port, "key": key})))


if __name__ == "__main__":
    main()
