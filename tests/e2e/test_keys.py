"""Keys made and revoked by another process, what they may use, and what they never see."""

import asyncio
import contextlib
import os
import re
import subprocess
import time
from datetime import UTC, datetime

import httpx2
import pytest

from ..tiny_llama import write_tiny_llama  # noqa: TID252 - test folders are no packages
from .api import MODEL, NO_TLS, PATIENCE, Api
from .server import HANABI, Server

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

FLAGS = ("--slots", "4", "--context", "256")
PROMISED = 1.0
"""Seconds after which a key that was made or revoked elsewhere counts."""

SHORT = {"prompt": "Hello", "max_tokens": 4, "ignore_eos": True}
SECRET = "accounts/alice/models/secret"
OPEN = "accounts/alice/models/open"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"), *FLAGS)
    yield server
    server.stop()


def hanabi(server, *arguments):
    """Run the command beside the server; its output."""
    done = subprocess.run(
        [HANABI, *arguments],
        env=os.environ | {"HANABI_HOME": str(server.home)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def new_key(server, *options):
    """A key that the command made, known to the server by now."""
    key = await asyncio.to_thread(hanabi, server, "keys", "create", "test", *options)
    await asyncio.sleep(PROMISED)
    return key


@contextlib.asynccontextmanager
async def using(server, key):
    """A client with a key of its own."""
    async with Api(server) as api:
        api.http.headers["authorization"] = f"Bearer {key}"
        yield api


async def status(api):
    return (await api.http.get("/v1/models")).status_code


async def test_a_revoked_key_stops_within_a_second(server):
    key = await new_key(server)
    async with using(server, key) as api:
        assert await status(api) == 200
        revoked = asyncio.create_task(asyncio.to_thread(hanabi, server, "keys", "revoke", key[:11]))
        while not revoked.done():
            assert await status(api) in {200, 401}
        await revoked
        until = time.monotonic() + PROMISED
        while time.monotonic() < until:  # asked all the time, so that what it knows is fresh
            assert await status(api) in {200, 401}
        reply = await api.post(**SHORT)
        assert reply.status_code == 401
        assert reply.json()["error"]["code"] == "UNAUTHORIZED"


async def test_a_key_expires_on_time(server):
    expires = int(time.time()) + 5
    text = datetime.fromtimestamp(expires, UTC).isoformat()
    key = await new_key(server, "--expires", text)
    async with using(server, key) as api:
        seen = set()
        while True:
            asked = time.time()
            found = await status(api)
            if asked >= expires:
                assert found == 401
                break
            seen.add(found)
        assert 200 in seen


async def test_an_admin_makes_and_revokes_keys_over_http(server):
    async with Api(server) as api:
        keys = "/v1/accounts/alice/apiKeys"
        reply = await api.http.post(keys, json={"apiKey": {"displayName": "over HTTP"}})
        assert reply.status_code == 200, reply.text
        async with using(server, reply.json()["key"]) as other:
            assert await status(other) == 200
            assert (await other.http.get(keys)).status_code == 403
            path = f"{keys}/{reply.json()['keyId']}"
            assert (await api.http.delete(path)).json() == {}
            assert await status(other) == 401


async def test_requests_per_minute(server):
    key = await new_key(server, "--requests-per-minute", "2", "--tokens-per-minute", "1000")
    async with using(server, key) as api:
        first = await api.post(**SHORT)
        assert (first.status_code, first.headers["x-ratelimit-remaining-requests"]) == (200, "1")
        assert first.headers["x-ratelimit-limit-requests"] == "2"
        async with api.stream(**SHORT) as stream:
            assert stream.response.headers["x-ratelimit-remaining-requests"] == "0"
            assert re.fullmatch(r"\d+s|1m0s", stream.response.headers["x-ratelimit-reset-requests"])
            assert [chunk async for chunk in stream]
        for fields in ({}, {"stream": True}):
            reply = await api.post(**SHORT | fields)
            assert reply.status_code == 429
            error = reply.json()["error"]
            assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
            assert "a limit of 2 requests per minute" in error["message"]
            assert 1 <= int(reply.headers["retry-after"]) <= 30
            assert reply.headers["x-ratelimit-remaining-requests"] == "0"
            assert reply.headers["x-ratelimit-limit-tokens"] == "1000"
        assert await status(api) == 200  # what generates nothing is not limited


async def test_tokens_per_minute(server):
    key = await new_key(server, "--tokens-per-minute", "3")
    async with using(server, key) as api:
        await api.ask(**SHORT)
        reply = await refused(api)
        assert "a limit of 3 tokens per minute" in reply.json()["error"]["message"]
        assert int(reply.headers["retry-after"]) >= 1
        assert reply.headers["x-ratelimit-remaining-tokens"] == "0"
        assert "x-ratelimit-limit-requests" not in reply.headers


async def test_requests_at_once(server):
    key = await new_key(server, "--max-concurrent", "1")
    async with using(server, key) as api:
        async with api.stream(**SHORT | {"max_tokens": 200}) as stream:
            chunks = aiter(stream)  # a stream that nobody holds is closed
            await anext(chunks)
            reply = await api.post(**SHORT)
            assert reply.status_code == 429
            assert "a limit of 1 requests at once" in reply.json()["error"]["message"]
            assert reply.headers["retry-after"] == "1"
        # Who hangs up has ended his request.
        async with asyncio.timeout(PATIENCE):
            while (await api.post(**SHORT)).status_code != 200:
                pass


async def test_a_months_tokens_are_remembered_by_the_next_server(tmp_path):
    server = Server(tmp_path, *FLAGS)
    try:
        key = await new_key(server, "--monthly-tokens", "4")
        async with using(server, key) as api:
            await api.ask(**SHORT)
            await refused(api)
        server.stop()
        server = Server(tmp_path, *FLAGS)
        async with using(server, key) as api:
            reply = await api.post(**SHORT)
            assert reply.status_code == 429
            assert "a limit of 4 tokens per month" in reply.json()["error"]["message"]
            assert int(reply.headers["retry-after"]) >= 1
        server.stop()
    finally:
        server.kill()


async def refused(api):
    """The refusal that comes when the last request's tokens are counted, just after its reply."""
    async with asyncio.timeout(PATIENCE):
        while (reply := await api.post(**SHORT)).status_code == 200:
            pass
    assert reply.status_code == 429
    return reply


@pytest.fixture(scope="module")
def models(server, tmp_path_factory):
    """Two models of alice's: a private one and a public one."""
    weights = str(write_tiny_llama(tmp_path_factory.mktemp("weights") / "tiny.gguf"))
    hanabi(server, "models", "create", "alice/secret", weights, "--style", "chatml")
    hanabi(server, "models", "create", "alice/open", weights, "--style", "chatml", "--public")


def roads(model):
    """Every request that names a model."""
    path = model.replace("/", "%2F")
    yield "POST", "/v1/completions", {"model": model, "prompt": "Hi", "max_tokens": 1}
    messages = [{"role": "user", "content": "Hi"}]
    yield "POST", "/v1/chat/completions", {"model": model, "messages": messages, "max_tokens": 1}
    yield "POST", "/v1/tokenize", {"model": model, "prompt": "Hi"}
    yield "POST", "/v1/detokenize", {"model": model, "tokens": [1]}
    yield "GET", f"/v1/models/{model}", None
    yield "GET", f"/v1/models/{path}", None
    yield "GET", f"/v1/{model}", None


async def replies(api, model):
    """Status and body on each road; a reply of 200 without its body."""
    found = []
    for method, path, body in roads(model):
        reply = await api.http.request(method, path, json=body)
        found.append((reply.status_code, reply.text if reply.status_code != 200 else ""))
    return found


async def listed(api):
    """The models that a key sees, in both lists."""
    reply = (await api.http.get("/v1/models")).json()
    account = (await api.http.get("/v1/accounts/alice/models")).json()
    assert account["totalSize"] == len(account["models"])
    return {model["id"] for model in reply["data"]}, {m["name"] for m in account["models"]}


@pytest.mark.usefixtures("models")
async def test_a_private_model_is_not_there_for_another_account(server):
    missing = "accounts/alice/models/missing"
    alice, bob = [await new_key(server, "--account", name) for name in ("alice", "bob")]
    async with using(server, alice) as hers, using(server, bob) as his:
        assert {code for code, _ in await replies(hers, SECRET)} == {200}
        assert await replies(his, SECRET) == await replies(his, missing)
        assert {code for code, _ in await replies(his, SECRET)} == {404}
        assert {code for code, _ in await replies(his, OPEN)} == {200}
        (all_hers, her_own), (all_his, seen) = await listed(hers), await listed(his)
        assert all_hers - all_his == {SECRET}
        assert (her_own, seen) == ({SECRET, OPEN}, {OPEN})


@pytest.mark.usefixtures("models")
async def test_a_key_with_a_list_of_models_sees_no_other(server):
    key = await new_key(server, "--account", "alice", "--models", "alice/secret")
    async with using(server, key) as api:
        assert {code for code, _ in await replies(api, SECRET)} == {200}
        missing = await replies(api, "accounts/alice/models/missing")
        for model in (OPEN, MODEL):
            assert await replies(api, model) == missing
        assert await listed(api) == ({SECRET}, {SECRET})


async def test_sql_in_the_header_is_a_wrong_key(server):
    async with httpx2.AsyncClient(
        base_url=server.url, verify=NO_TLS, trust_env=False, timeout=PATIENCE
    ) as client:
        prefix = server.key[:11]
        for wrong in ("' OR 1=1 --", f"{prefix}' --", "hk_%", "'; DROP TABLE api_keys; --"):
            reply = await client.get("/v1/models", headers={"authorization": f"Bearer {wrong}"})
            assert (reply.status_code, reply.json()["error"]["code"]) == (401, "UNAUTHORIZED")
    async with Api(server) as api:
        assert await status(api) == 200
