"""A client that hangs up frees what it held, streamed or not, running or queued."""

import asyncio
import contextlib

import pytest

from .api import Api, joined, user

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

CLIENTS = 200
ANSWERED_WITHIN = 5
"""Seconds. What the clients asked for is half an hour's work for the machine."""

LEAVES_AFTER = 1.5
"""Seconds. 200 requests need a share of it on an idle machine; on a busy one some more."""

ENDLESS = {"prompt": "Once upon a time", "max_tokens": 10_000, "ignore_eos": True}
NEIGHBOUR = {"prompt": "Say this is a test", "max_tokens": 40, "temperature": 0}


async def hang_up(api, *, stream):
    """Ask for 10,000 tokens and leave after a while in which the request has surely come."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LEAVES_AFTER):
            if stream:
                await api.chunks(**ENDLESS)
            else:
                await api.ask(**ENDLESS)
            pytest.fail("10,000 tokens came before the client left")


async def test_200_clients_hang_up(start_server):
    server = start_server("--slots", "8", "--context", "2048", "--queue-limit", str(CLIENTS))
    async with Api(server) as api:
        alone = await api.text(**NEIGHBOUR)
        neighbour = asyncio.create_task(api.chunks(**NEIGHBOUR))
        await asyncio.gather(*(hang_up(api, stream=bool(i % 2)) for i in range(CLIENTS)))
        async with asyncio.timeout(ANSWERED_WITHIN):
            reply = await api.ask(prompt="Say this is a test", max_tokens=1)
        assert reply["usage"]["completion_tokens"] == 1
        assert joined(await neighbour) == alone

        await api.counted(CLIENTS, status="499")
        await api.counted(3, status="200")
        await api.counted(CLIENTS + 3)
        # Nothing was generated for those who had left.
        assert await api.metric("hanabi_completion_tokens_total") < CLIENTS * 100


@pytest.mark.parametrize("stream", [True, False])
async def test_the_only_slot_is_free_again(start_server, stream):
    server = start_server("--slots", "1", "--context", "2048", "--queue-limit", "1")
    async with Api(server) as api:
        for _ in range(3):  # more often than the queue is long
            await asyncio.gather(*(hang_up(api, stream=stream) for _ in range(2)))
            async with asyncio.timeout(ANSWERED_WITHIN):
                await api.ask(prompt="Say this is a test", max_tokens=1)


async def test_usage_adds_up(start_server):
    server = start_server("--slots", "4", "--context", "2048")
    async with Api(server) as api:
        replies = await asyncio.gather(
            api.ask(prompt="Say this is a test", n=3, max_tokens=4),
            api.ask(prompt=["One", "Two, three"], max_tokens=0, echo=True),
            api.ask(messages=user("Hello"), max_tokens=5),
        )
        chunks = await api.chunks(prompt="Say this is a test", max_tokens=6, stop="e")
        usages = [reply["usage"] for reply in [*replies, chunks[-1]]]
        await api.counted(len(usages))
        for key in ("prompt_tokens", "completion_tokens"):
            assert await api.metric(f"hanabi_{key}_total") == sum(usage[key] for usage in usages)

        # What a client got before it left is counted, and nothing that comes after.
        async with api.stream(**ENDLESS) as stream:
            events = aiter(stream)
            for _ in range(5):
                await anext(events)
        await api.counted(1, status="499")
        completion_tokens = await api.metric("hanabi_completion_tokens_total")
        assert 5 <= completion_tokens - sum(usage["completion_tokens"] for usage in usages) < 1000
