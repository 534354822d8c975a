"""The engine process dies: its requests are told so, and nothing else is disturbed."""

import asyncio
import contextlib
import time

import pytest

from .api import Api

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

STREAMS = 8
RECOVERED_WITHIN = 10
"""Seconds, in which a model of 98 MB is loaded anew."""

ENDLESS = {"prompt": "Once upon a time", "max_tokens": 1900, "ignore_eos": True}
GREEDY = {"prompt": "Say this is a test", "temperature": 0, "max_tokens": 8}


async def last_event(stream, events):
    """Read a stream that has begun to its end; its last event."""
    rest = [event async for event in events]
    assert not stream.done, "a stream that broke off ended as if it were whole"
    return rest[-1]


async def recovery(api):
    """Ask until there is an answer; the reply, and the statuses of the tries before."""
    deadline = time.monotonic() + RECOVERED_WITHIN
    refusals = []
    while time.monotonic() < deadline:
        response = await api.post(**GREEDY)
        if response.status_code == 200:
            return response.json(), refusals
        refusals.append(response.status_code)
        await asyncio.sleep(0.05)
    pytest.fail(f"no answer within {RECOVERED_WITHIN} s: {refusals}")


async def test_sigkill_under_eight_streams(start_server):
    server = start_server("--slots", str(STREAMS), "--context", "2048")
    async with Api(server) as api, contextlib.AsyncExitStack() as open_streams:
        before = await api.text(**GREEDY)
        streams = [
            await open_streams.enter_async_context(api.stream(**ENDLESS)) for _ in range(STREAMS)
        ]
        events = [aiter(stream) for stream in streams]
        for stream in events:
            assert "choices" in await anext(stream)
        queued = [asyncio.create_task(api.post(**GREEDY)) for _ in range(2)]
        await api.round_trips()
        (engine,) = server.engines
        engine.kill()
        last = await asyncio.gather(*map(last_event, streams, events))
        assert (await api.http.get("/health")).status_code == 200
        assert (await api.http.get("/v1/models")).status_code == 200
        reply, refusals = await recovery(api)

        for event in last:
            assert event["error"]["code"] == "ENGINE_CRASHED"
            assert "engine process ended" in event["error"]["message"]
        for response in await asyncio.gather(*queued):
            assert response.status_code == 503
            assert response.json()["error"]["code"] == "ENGINE_CRASHED"
            assert int(response.headers["retry-after"]) > 0
        assert set(refusals) <= {503}
        assert reply["choices"][0]["text"] == before
        (restarted,) = server.engines
        assert restarted.pid != engine.pid
        await api.counted(STREAMS + 2 + len(refusals), status="503")


async def test_a_second_crash_is_survived_too(start_server):
    server = start_server("--slots", "2", "--context", "256")
    async with Api(server) as api:
        for _ in range(2):
            (engine,) = server.engines
            engine.kill()
            engine.wait(RECOVERED_WITHIN)
            await recovery(api)
