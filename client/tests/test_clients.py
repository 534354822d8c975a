"""What is sent, by every method of both clients, and what the settings do to it."""

import inspect
import json
import subprocess
import sys
import time

import httpx2
import pytest

import fireworks
import fireworks.client
from fireworks.client import AsyncFireworks, ChatCompletion, Completion, Fireworks, Model
from fireworks.client.error import FireworksError

from .scripted import CHAT, COMPLETION, error, reply, stream, text_chunk

pytestmark = pytest.mark.anyio

MODEL = {"id": "accounts/a/models/m", "object": "model", "created": 1, "owned_by": "a"}
HELLO = [{"role": "user", "content": "p"}]


@pytest.fixture(params=["blocking", "async"])
def ask(request, server):
    """Call a method, given as a function of a client, of either client."""

    async def ask(method, **settings):
        if request.param == "async":
            async with AsyncFireworks("key", server.url, **settings) as client:
                return await method(client)
        with Fireworks("key", server.url, **settings) as client:
            return method(client)

    return ask


async def test_completion(ask, server):
    server.play(reply(COMPLETION))
    answer = await ask(
        lambda c: c.completions.create(
            model="m", prompt=[[1, 2]], temperature=0.5, logit_bias={3: -100}, seed=None
        )
    )
    assert answer.choices[0].text == "ab"
    assert answer.request_id == "request-1"
    sent = server.requests[0]
    assert (sent.method, sent.path) == ("POST", "/inference/v1/completions")
    assert sent.headers["authorization"] == "Bearer key"
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["user-agent"].startswith(f"hanabi-client/{fireworks.__version__} python/")
    assert sent.json == {
        "model": "m",
        "prompt": [[1, 2]],
        "stream": False,
        "temperature": 0.5,
        "logit_bias": {"3": -100},
    }


async def test_chat_takes_replies_back(ask, server):
    server.play(reply(CHAT))
    answer = await ask(lambda c: c.chat.completions.create("m", HELLO))
    messages = [*HELLO, answer.choices[0].message, *HELLO]
    await ask(lambda c: c.chat.completions.create("m", messages))
    assert server.requests[1].path == "/inference/v1/chat/completions"
    assert server.requests[1].json["messages"][1] == {"role": "assistant", "content": "ab"}


async def test_aliases(ask, server):
    server.play(reply(COMPLETION))
    assert (await ask(lambda c: c.completion.create("m", "p"))).choices[0].text == "ab"
    server.play(reply(MODEL))
    assert (await ask(lambda c: c.models.retrieve("m"))).id == MODEL["id"]


async def test_models(ask, server):
    server.play(reply({"object": "list", "data": [MODEL]}), reply(MODEL))
    assert [model.id for model in await ask(lambda c: c.models.list())] == [MODEL["id"]]
    assert (await ask(lambda c: c.models.get("accounts/a/models/m#1?"))).owned_by == "a"
    assert server.requests[1].path == "/inference/v1/models/accounts/a/models/m%231%3F"
    assert server.requests[1].method == "GET"


async def test_tokenizer(ask, server):
    server.play(reply({"count": 1, "max_model_len": 9, "tokens": [5]}), reply({"prompt": "a"}))
    answer = await ask(lambda c: c.tokenize("m", "a", add_special_tokens=False))
    assert (answer.tokens, answer.token_strs) == ([5], None)
    assert (await ask(lambda c: c.detokenize("m", (5,)))).prompt == "a"
    assert server.requests[0].json == {"model": "m", "prompt": "a", "add_special_tokens": False}
    assert server.requests[1].json == {"model": "m", "tokens": [5]}


async def test_extra_headers_and_body(ask, server):
    server.play(reply(COMPLETION))
    await ask(
        lambda c: c.completions.create(
            "m", "p", extra_headers={"X-A": "b", "User-Agent": "me"}, extra_body={"n": 2}, n=1
        )
    )
    assert server.requests[0].headers["x-a"] == "b"
    assert server.requests[0].headers["user-agent"] == "me"
    assert server.requests[0].json["n"] == 2


@pytest.mark.parametrize(
    ("model", "sent"),
    [("m", "accounts/a/models/m"), ("accounts/b/models/m", "accounts/b/models/m")],
)
async def test_account_completes_short_names(ask, server, model, sent):
    server.play(reply(COMPLETION))
    await ask(lambda c: c.completions.create(model, "p"), account="a")
    assert server.requests[0].json["model"] == sent


@pytest.mark.parametrize(
    "settings", [{"timeout": 0}, {"timeout": -1}, {"timeout": float("nan")}, {"max_retries": -1}]
)
@pytest.mark.parametrize("kind", [Fireworks, AsyncFireworks])
async def test_settings_that_cannot_be(kind, settings):
    with pytest.raises(FireworksError, match=next(iter(settings))):
        kind("key", **settings)


async def test_what_json_has_not_is_refused_before_sending(ask, server):
    with pytest.raises(TypeError, match="cannot hold a set"):
        await ask(lambda c: c.completions.create("m", {"p"}))
    with pytest.raises(ValueError, match="JSON"):
        await ask(lambda c: c.completions.create("m", "p", temperature=float("nan")))
    assert not server.requests


async def test_with_options_shares_connections(ask, server):
    server.play(reply(b"", 500), reply(COMPLETION))

    def impatient(client):
        changed = client.with_options(timeout=3, max_retries=0)
        assert (changed.timeout, changed.max_retries) == (3, 0)
        assert (client.timeout, client.max_retries) == (600, 2)
        assert changed._wire is client._wire
        return changed.completions.create("m", "p")

    with pytest.raises(FireworksError):
        await ask(impatient)
    assert len(server.requests) == 1


async def test_waits_before_it_tries_again(ask, server):
    server.play(error(429, retry_after="0.2"), reply(COMPLETION))
    began = time.monotonic()
    assert await ask(lambda c: c.completions.create("m", "p"))
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("name", ["timeout", "request_timeout"])
async def test_timeout_of_one_call(name):
    seen = []

    def answer(request):
        seen.append(request.extensions["timeout"])
        return httpx2.Response(200, json=COMPLETION)

    pool = httpx2.Client(transport=httpx2.MockTransport(answer))
    with pool, Fireworks("key", "http://h", http_client=pool) as client:
        for seconds in (30, 2):
            client.completions.create("m", "p", **{name: seconds})
        client.completions.create("m", "p")
    assert [(t["connect"], t["read"]) for t in seen] == [(5, 30), (2, 2), (5, 600)]


async def test_a_pool_of_the_users_own_is_not_closed(server):
    server.play(reply(COMPLETION))
    with httpx2.Client() as pool:
        for _ in range(2):
            with Fireworks("key", server.url, http_client=pool) as client:
                assert client.completions.create("m", "p")
        assert not pool.is_closed
    async with httpx2.AsyncClient() as pool:
        for _ in range(2):
            async with AsyncFireworks("key", server.url, http_client=pool) as client:
                assert await client.completions.create("m", "p")
        assert not pool.is_closed


async def test_no_proxy_stands_before_this_machine(monkeypatch, ask, server):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    server.play(reply(COMPLETION))
    assert await ask(lambda c: c.completions.create("m", "p"))


async def test_module_level(monkeypatch, server):
    monkeypatch.setattr(fireworks.client, "api_key", "early")
    monkeypatch.setattr(fireworks.client, "base_url", server.url)
    server.play(reply(COMPLETION))
    assert Completion.create(model="m", prompt="p").choices[0].text == "ab"
    assert (await Completion.acreate(model="m", prompt="p", request_timeout=9)).choices
    assert server.requests[0].headers["authorization"] == "Bearer early"
    assert "request_timeout" not in server.requests[1].json
    server.play(reply(CHAT))
    assert ChatCompletion.create(model="m", messages=HELLO).choices[0].message.content == "ab"
    server.play(reply({"object": "list", "data": [MODEL]}))
    assert Model.list().data[0].id == MODEL["id"]
    server.play(stream(text_chunk("a"), text_chunk("b", finish_reason="stop")))
    assert [c.choices[0].text for c in Completion.create("m", "p", stream=True)] == ["a", "b"]
    chunks = Completion.acreate("m", "p", stream=True)
    assert [c.choices[0].text async for c in chunks] == ["a", "b"]


def test_both_clients_have_the_same_methods():
    def methods(kind):
        return {name for name in vars(kind) if not name.startswith("_")}

    only_blocking = {"fetch", "stream"}
    assert methods(Fireworks) - methods(AsyncFireworks) == only_blocking
    assert methods(AsyncFireworks) - methods(Fireworks) == {"aclose"}
    assert inspect.signature(Fireworks).parameters.keys() == (
        inspect.signature(AsyncFireworks).parameters.keys()
    )


def test_import_brings_no_http_and_nothing_of_the_server():
    code = "import sys, json, fireworks.client; print(json.dumps([*sys.modules]))"
    command = [sys.executable, "-c", code]
    modules = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    families = {name.partition(".")[0] for name in modules}
    assert not families & {"httpx2", "ssl", "asyncio", "anyio", "pydantic", "hanabi", "numpy"}
