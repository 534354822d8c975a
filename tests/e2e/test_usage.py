"""Every request is counted once, and the counts are the engines' own, to the last token."""

import asyncio
import signal
import time
from collections import Counter

import httpx2
import pytest
from sqlalchemy import select

from hanabi.accounts.account import Limits
from hanabi.accounts.keys import Keys
from hanabi.database.connection import open_database
from hanabi.database.tables import usage
from hanabi.registry.manifest import Manifest
from hanabi.registry.model import Details
from hanabi.registry.names import parse_name
from hanabi.registry.registry import Registry

from ..tiny_llama import write_tiny_llama  # noqa: TID252 - test folders are no packages
from .api import Api
from .load import TINY, Load
from .server import Server

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

REQUESTS = 2000
PROMISE = 1.0
"""Seconds of usage that SIGKILL may cost at most."""

FLAGS = ("--slots", "16", "--context", "2048", "--kv-memory", "768M")
LIMITS = {
    "one": Limits(),
    "two": Limits(max_concurrent=2),
    "three": Limits(),
    "four": Limits(requests_per_minute=60),
    "five": Limits(tokens_per_minute=1000),
}


class Home:
    """A home with its database, two accounts and five keys, and the servers on it."""

    def __init__(self, folder, url):
        self.folder = folder
        self.flags = FLAGS if url is None else (*FLAGS, "--database", url)
        self.database = open_database(folder / "home", url)
        weights = write_tiny_llama(folder / "tiny.gguf", context_length=2048)
        registry = Registry(folder / "home", self.database)
        registry.create(parse_name(TINY), weights, Manifest(), Details(public=True))
        keys = Keys(self.database)
        created = [
            keys.create("me" if number % 2 else "you", name, limits=limits)
            for number, (name, limits) in enumerate(LIMITS.items())
        ]
        self.keys = {key.id: key.text for key in created}
        self.servers = []

    def start(self):
        self.servers.append(Server(self.folder, *self.flags))
        return self.servers[-1]

    def rows(self):
        """The usage of the five keys, by request id."""
        with self.database.connect() as connection:
            rows = connection.execute(select(usage).where(usage.c.key_id.in_(self.keys)))
            return {row.request_id: row for row in rows}


@pytest.fixture
def home(tmp_path, new_url):
    home = Home(tmp_path, new_url())
    yield home
    for server in home.servers:
        print(server.log)  # noqa: T201 - pytest shows it beside a failure
        server.stop()
    home.database.dispose()


async def quiet(api, requests):
    """Wait until so many requests were counted and the engine has nothing left to do."""
    await api.counted(requests)
    before = None
    while before != (now := await engine_tokens(api)):
        before = now
        await asyncio.sleep(0.5)


async def engine_tokens(api):
    """The engines' counters: computed and discarded, of prompts and of replies."""
    names = ("prompt", "discarded_prompt", "generated", "discarded")
    return [await api.metric(f"hanabi_engine_{name}_tokens_total") for name in names]


async def test_usage_is_what_the_engine_computed(home):
    server = home.start()
    load = Load(server.url, home.keys)
    async with Api(server) as api:
        at_start = await engine_tokens(api)
        began = time.monotonic()
        await load.send(api, REQUESTS)
        took = time.monotonic() - began
        await quiet(api, REQUESTS)
        at_end = await engine_tokens(api)
        reasons = {
            reason: await api.metric("hanabi_engine_discarded_tokens_total", reason=reason)
            for reason in ("stop", "ended")
        }
    server.stop()

    assert at_start == [0, 0, 0, 0]
    prompt, discarded_prompt, generated, discarded = at_end
    rows = home.rows()
    computed = sum(row.prompt_tokens - row.cached_tokens for row in rows.values())
    assert computed == prompt - discarded_prompt
    assert sum(row.completion_tokens for row in rows.values()) == generated - discarded

    assert Counter(row.key_id for row in rows.values()) == load.sent
    for request_id, reply in load.replies.items():
        row = rows.pop(request_id)
        tokens = (row.prompt_tokens, row.completion_tokens)
        wanted = (reply.usage.get("prompt_tokens", 0), reply.usage.get("completion_tokens", 0))
        assert (row.status, tokens) == (reply.status, wanted)
    # What nobody has a reply to: the client left, if it was not refused at once.
    left = Counter(row.status for row in rows.values())
    statuses = Counter(reply.status for reply in load.replies.values())
    assert set(left) <= {200, 400, 404, 429, 499}
    assert min(left[499], *(statuses[status] for status in (200, 400, 404, 429))) > 20
    print(  # noqa: T201 - what was measured
        f"{home.database.dialect.name}: {REQUESTS} requests in {took:.0f} s: {dict(statuses)},"
        f" left {dict(left)}; engine: {prompt:.0f} prompt tokens, {discarded_prompt:.0f} of them"
        f" discarded; {generated:.0f} generated, discarded {reasons}"
    )


async def test_a_kill_costs_the_usage_of_a_second_at_most(home):
    server = home.start()
    load = Load(server.url, home.keys, seed=1)
    async with Api(server) as api:
        sending = asyncio.create_task(load.send(api, REQUESTS))
        while len(load.replies) < 300:
            await asyncio.sleep(0.01)
            assert not sending.done()
        killed = time.time()
        server.signal(signal.SIGKILL)
        await asyncio.wait([sending])
        assert sending.exception().split((OSError, httpx2.TransportError))[1] is None
    server.wait()

    again = home.start()
    async with Api(again) as api:
        await api.ask(prompt="Say this is a test", max_tokens=1)
    again.stop()
    rows = home.rows()
    lost = {name: killed - r.ended for name, r in load.replies.items() if name not in rows}
    print(  # noqa: T201 - what was measured
        f"{home.database.dialect.name}: {len(lost)} of {len(load.replies)} are lost, the oldest"
        f" {max(lost.values(), default=0):.3f} s before the kill"
    )
    assert len(rows) > 100
    assert max(lost.values(), default=0) < PROMISE
