"""The first signal lets running requests end, and refuses new ones; the second ends them."""

import asyncio
import signal

import httpx2
import pytest

from .api import Api

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

TOKENS = 120
GOING_ON = {"prompt": "Once upon a time", "ignore_eos": True}


async def ended(server):
    """The server's exit code, once it has ended."""
    return await asyncio.to_thread(server.wait)


async def draining(api):
    """Return once new requests are refused, with a 503 on a new connection too."""
    while True:
        # Were it taken, it would be refused for its length.
        response = await api.post(prompt="x " * 10_000)
        if response.status_code == 503:
            assert int(response.headers["retry-after"]) > 0
            return


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_running_and_waiting_requests_end_first(start_server, number):
    server = start_server("--slots", "1", "--context", "256")
    async with Api(server) as api:
        async with api.stream(**GOING_ON, max_tokens=TOKENS) as stream:
            events = aiter(stream)
            texts = [await anext(events)]
            waiting = asyncio.create_task(api.ask(**GOING_ON, max_tokens=2))
            await api.round_trips()
            server.signal(number)
            await draining(api)
            async with Api(server) as late:
                await draining(late)
                health = await late.http.get("/health")
                assert (health.status_code, health.json()) == (200, {"status": "draining"})
                assert (await late.http.get("/ready")).status_code == 503
            texts += [event async for event in events]
        assert stream.done
        assert texts[-1]["usage"]["completion_tokens"] == TOKENS
        assert (await waiting)["usage"]["completion_tokens"] == 2
        assert await ended(server) == 0


async def test_a_second_signal_ends_all_at_once(start_server):
    server = start_server("--slots", "1", "--context", "8192")
    async with Api(server) as api:
        async with api.stream(**GOING_ON, max_tokens=8000) as stream:
            events = aiter(stream)
            await anext(events)
            server.signal(signal.SIGTERM)
            await draining(api)
            await anext(events)
            server.signal(signal.SIGTERM)
            got = 0
            try:
                async for event in events:
                    got += "choices" in event
            except httpx2.TransportError:
                pass
        assert not stream.done
        assert got < 8000
        assert await ended(server) == 0


async def test_the_drain_has_an_end(start_server):
    server = start_server("--slots", "1", "--context", "8192", "--drain-timeout", "1")
    async with Api(server) as api:
        async with api.stream(**GOING_ON, max_tokens=8000) as stream:
            events = aiter(stream)
            await anext(events)
            server.signal(signal.SIGTERM)
            try:
                async for _ in events:
                    pass
            except httpx2.TransportError:
                pass
        assert not stream.done
        assert await ended(server) == 0


async def test_an_idle_server_ends_at_the_first_signal(start_server):
    server = start_server("--slots", "1", "--context", "256")
    server.signal(signal.SIGTERM)
    assert await ended(server) == 0


async def test_a_unix_socket_goes_with_its_server(start_server, tmp_path):
    path = tmp_path / "socket"
    server = start_server("--slots", "1", "--context", "256", "--uds", str(path))
    transport = httpx2.AsyncHTTPTransport(uds=str(path))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/health")).json() == {"status": "ok"}
        headers = {"authorization": f"Bearer {server.key}"}
        assert (await client.get("/ready", headers=headers)).json() == {"status": "ready"}
    server.signal(signal.SIGTERM)
    assert await ended(server) == 0
    assert not path.exists()
