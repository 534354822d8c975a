"""A fake service behind the real API, called in process or over a real socket."""

import asyncio
import contextlib
import json
import threading
import time
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import pytest
import uvicorn
from prometheus_client import CollectorRegistry

from hanabi.accounts.account import Account
from hanabi.accounts.limiter import Limiter
from hanabi.api.accounting import Accounting
from hanabi.api.dependencies import Dependencies
from hanabi.api.drain import Drain
from hanabi.api.metrics import Metrics
from hanabi.api.models import ListedModel
from hanabi.api.routes import build_app
from hanabi.console.assets import Assets
from hanabi.console.login import OneTimeLogin
from hanabi.errors import ModelNotFoundError
from hanabi.generation.text import (
    PreparedPrompt,
    Prompts,
    TextEvent,
    TextRow,
    Timing,
    TopToken,
    Usage,
)
from hanabi.generation.vocab import Vocab
from hanabi.sampling.params import SamplingParams

KEY = "hanabi-test-key"
ADMIN_KEY = f"{KEY}-admin"
TOKEN = "hanabi-test-token"
MODEL = "accounts/fireworks/models/fake"
ID = "5b6d0f0e-3c1a-4c58-9a63-0f6f2b7c9d11"
FOREVER = object()
"""A step that never comes."""


class FakeGeneration:
    """Plays a script of steps: lists of events, exceptions to raise, FOREVER.

    Ids 1 to 3 are the prompt's; any other counts as generated.
    """

    model = MODEL
    max_tokens = 16
    stop = ()
    sampling = SamplingParams()

    def __init__(self, prompts, steps):
        self.prompts = prompts
        self.cancelled = threading.Event()
        self.usage = Usage(sum(len(prompt.ids) for prompt in prompts))
        self.timing = Timing(10.0)
        self._steps = steps

    async def __aiter__(self):
        for step in self._steps:
            if step is FOREVER:
                await asyncio.Event().wait()
            if isinstance(step, Exception):
                raise step
            await asyncio.sleep(0)
            tokens = [token for event in step for token in event.token_ids if token > 3]
            completion_tokens = self.usage.completion_tokens + len(tokens)
            self.usage = Usage(self.usage.prompt_tokens, completion_tokens, 2)
            self.timing = Timing(10.0, 10.25, 10.5, 10.125)
            yield step

    @property
    def accounted(self):
        return self.usage

    def cancel(self):
        self.cancelled.set()


class FakeService:
    """Starts the scripted generation, whatever is asked; `steps` may be an exception or FOREVER."""

    def __init__(self):
        self.steps = [
            [TextEvent(0, "Hi", (4,))],
            [TextEvent(0, "", (7,), finish_reason="stop")],
        ]
        self.requests = []
        self.started = threading.Event()
        self.left_start = threading.Event()
        self.generation = None

    async def start(self, request):
        self.requests.append(request)
        self.started.set()
        if isinstance(self.steps, Exception):
            raise self.steps
        try:
            if self.steps is FOREVER:
                await asyncio.Event().wait()
        finally:
            self.left_start.set()
        count = len(request.source.prompts) if isinstance(request.source, Prompts) else 1
        prompts = (PreparedPrompt((1, 2, 3), (1, "Say"), "<s>Say"),) * count
        self.generation = FakeGeneration(prompts, self.steps)
        return self.generation


class FakeUsage(list):
    def add(self, record):
        self.append(record)


class FakeKeys:
    def authenticate(self, key):
        accounts = {
            KEY: Account("tester", "key-1", admin=False),
            ADMIN_KEY: Account("tester", "key-2", admin=True),
        }
        return accounts.get(key)


class FakeBackend:
    """Byte tokens after a BOS; id 257 is half of a character."""

    context_length = 100
    vocab = Vocab(
        pieces=(*(bytes([i]) for i in range(256)), b"<s>", b"\xe2\x9c"),
        special={"<s>": 256},
        bos=256,
        eos=None,
        end_ids=(),
        add_bos=True,
    )

    async def tokenize(self, parts):
        ids = []
        for part in parts:
            ids.extend([part] if isinstance(part, int) else part.encode())
        return tuple(ids)


class FakeCatalog:
    """One model, with two names."""

    def find(self, name, asker):
        if name not in (MODEL, "fireworks/fake"):
            raise ModelNotFoundError

        @contextlib.asynccontextmanager
        async def backend():
            yield FakeBackend()

        return SimpleNamespace(name=MODEL, backend=backend)

    def list_models(self, asker):
        model = ListedModel(
            name=MODEL,
            created=1,
            owned_by="fireworks",
            supports_chat=True,
            context_length=100,
            size=7,
            loaded=True,
            style="chatml",
            system="Be brief.",
            defaults={"top_k": 3},
            manifest={"defaults": {"top_k": 3}},
        )
        return [model]

    def describe(self, name, asker):
        self.find(name, asker)
        return self.list_models(asker)[0]


@dataclass
class Reply:
    """What an app sent."""

    status: int = 0
    headers: dict = field(default_factory=dict)
    writes: list = field(default_factory=list)

    @property
    def body(self):
        return b"".join(self.writes)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]


@dataclass
class Api:
    """The app, what it works with, and a way to call it in process."""

    app: object
    service: FakeService
    dependencies: Dependencies

    def metrics(self):
        """GET /metrics, as an admin."""
        return self.call("GET", "/metrics", key=ADMIN_KEY)

    def call(self, method, path, body=None, *, key=KEY, headers=()):
        path, _, query = path.partition("?")
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = list(headers)
        if key is not None:
            fields.append((b"authorization", f"Bearer {key}".encode()))
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "scheme": "http",
            "server": ("127.0.0.1", 8000),
            "root_path": "",
            "headers": fields,
        }
        reply = Reply()

        async def run():
            messages = [{"type": "http.request", "body": content, "more_body": False}]

            async def receive():
                if messages:
                    return messages.pop()
                return await asyncio.Event().wait()

            async def send(message):
                if message["type"] == "http.response.start":
                    reply.status = message["status"]
                    reply.headers = {k.decode(): v.decode() for k, v in message["headers"]}
                elif message["body"]:
                    reply.writes.append(message["body"])

            await self.app(scope, receive, send)

        asyncio.run(run())
        return reply

    def completion(self, **fields):
        return self.call("POST", "/v1/completions", {"model": MODEL, "prompt": "Say"} | fields)

    def chat(self, **fields):
        messages = [{"role": "user", "content": "Say"}]
        body = {"model": MODEL, "messages": messages} | fields
        return self.call("POST", "/v1/chat/completions", body)


@pytest.fixture
def key():
    return KEY


@pytest.fixture
def admin_key():
    return ADMIN_KEY


@pytest.fixture
def forever():
    return FOREVER


@pytest.fixture
def usage():
    """The usage records of the app's requests, in order of their ends."""
    return FakeUsage()


@pytest.fixture
def dependencies(usage, tmp_path):
    catalog = FakeCatalog()
    metrics = Metrics(CollectorRegistry())
    return Dependencies(
        service=FakeService(),
        catalog=catalog,
        listing=catalog,
        registry=None,
        uploads=None,
        delete_model=None,
        keys=FakeKeys(),
        database=None,
        accounting=Accounting(metrics, usage, Limiter(lambda _key: 0), lambda: 1_700_000_000.9),
        metrics=metrics,
        drain=Drain(),
        assets=Assets(tmp_path),
        login=OneTimeLogin(TOKEN, ADMIN_KEY),
        max_body_bytes=100_000,
        new_id=lambda: ID,
        now=lambda: 1_700_000_000.9,
    )


@pytest.fixture
def make_api(dependencies):
    def make(**changes):
        changed = replace(dependencies, **changes)
        return Api(build_app(changed), changed.service, changed)

    return make


@pytest.fixture
def api(make_api):
    return make_api()


@pytest.fixture
def row():
    """A logprob row with one alternative: the token itself."""

    def make(token, token_id, logprob, offset=0, *, sampling=None):
        piece = token.encode()
        top = (TopToken(token, token_id, piece, logprob),)
        return TextRow(token, token_id, piece, logprob, sampling, offset, top)

    return make


@pytest.fixture
def serve():
    """Serve an app with uvicorn on a free loopback port; gives the port."""
    with contextlib.ExitStack() as servers:

        def start(app):
            config = uvicorn.Config(
                app, port=0, loop="uvloop", http="httptools", lifespan="off", log_level="error"
            )
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run)
            thread.start()

            def stop():
                server.should_exit = True
                thread.join(10)

            servers.callback(stop)
            deadline = time.monotonic() + 10
            while not server.started:
                assert time.monotonic() < deadline, "uvicorn did not start"
                time.sleep(0.005)
            return server.servers[0].sockets[0].getsockname()[1]

        yield start
