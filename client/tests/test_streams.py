"""Streams, over real sockets: every form of iterating, leaving early, folding, many at once."""

import asyncio
import gc

import pytest

from fireworks.client import AsyncFireworks, Fireworks
from fireworks.client.api import ChatCompletionResponse, CompletionResponse

from .scripted import (
    CHAT,
    COMPLETION,
    PATIENCE,
    USAGE,
    chat_chunk,
    event,
    hanging,
    stream,
    text_chunk,
)

pytestmark = pytest.mark.anyio

TEXT = stream(text_chunk("a"), text_chunk("b"), text_chunk("", finish_reason="stop", usage=USAGE))
MESSAGE = stream(
    chat_chunk({"role": "assistant"}),
    chat_chunk({"content": "a"}),
    chat_chunk({"content": "b"}),
    chat_chunk({}, finish_reason="stop", usage=USAGE),
)
ASK = {"model": "m", "prompt": "p", "stream": True}
TALK = {"model": "m", "messages": [{"role": "user", "content": "p"}], "stream": True}


@pytest.fixture
def client(server):
    with Fireworks("key", server.url) as client:
        yield client


@pytest.fixture
async def async_client(server):
    async with AsyncFireworks("key", server.url) as client:
        yield client


def test_blocking_stream(client, server):
    server.play(TEXT)
    with client.completions.create(**ASK) as chunks:
        assert [chunk.choices[0].text for chunk in chunks] == ["a", "b", ""]
        assert chunks.headers["x-request-id"] == "request-1"
    assert server.requests[0].json == ASK
    assert server.requests[0].headers["accept"] == "text/event-stream"


async def test_async_stream_with_and_without_await(async_client, server):
    server.play(TEXT)
    awaited = await async_client.completions.create(**ASK)
    assert [chunk.choices[0].text async for chunk in awaited] == ["a", "b", ""]
    plain = async_client.completion.acreate(**ASK)
    assert [chunk.choices[0].text async for chunk in plain] == ["a", "b", ""]
    assert server.connections == 1, "the connection of a stream that was read is used again"


async def test_blocking_client_has_acreate_too(server):
    server.play(TEXT)
    chunks = Fireworks("key", server.url).completion.acreate(**ASK)
    assert [chunk.choices[0].text async for chunk in chunks] == ["a", "b", ""]
    assert server.all_closed()
    server.play(MESSAGE)
    awaited = await Fireworks("key", server.url).chat.completions.acreate(**TALK)
    assert [text async for text in awaited.text_deltas()] == ["a", "b"]
    assert server.all_closed()


async def test_text_deltas_of_a_choice(client, async_client, server):
    server.play(MESSAGE)
    assert list(client.chat.completions.create(**TALK).text_deltas()) == ["a", "b"]
    two = stream(text_chunk("a"), text_chunk("x", 1), {"choices": [], "usage": USAGE})
    server.play(two)
    assert list(client.completions.create(**ASK).text_deltas(1)) == ["x"]
    chunks = async_client.completions.create(**ASK)
    assert [text async for text in chunks.text_deltas()] == ["a"]


async def test_final_response_is_the_reply_without_streaming(client, async_client, server):
    server.play(TEXT)
    final = client.completions.create(**ASK).get_final_response()
    assert final == CompletionResponse(COMPLETION)
    assert final.request_id == "request-1"
    server.play(MESSAGE)
    chunks = await async_client.chat.completions.create(**TALK)
    await anext(chunks)
    assert await chunks.get_final_response() == ChatCompletionResponse(CHAT)


def test_final_response_after_close_is_what_came(client, server):
    server.play(hanging(text_chunk("a")))
    chunks = client.completions.create(**ASK)
    next(chunks)
    chunks.close()
    assert list(chunks) == []
    assert chunks.get_final_response().choices[0].text == "a"
    assert chunks.get_final_response().choices[0].finish_reason is None


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("leave", ["close", "with", "drop"])
def test_leaving_early_closes_the_connection(client, server, leave, begun):
    server.play(hanging(text_chunk("a")))
    chunks = client.completions.create(**ASK)
    if begun:
        next(chunks)
    if leave == "close":
        chunks.close()
    elif leave == "with":
        with chunks:
            pass
    del chunks
    assert server.all_closed()


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("leave", ["close", "with", "drop"])
async def test_leaving_early_closes_the_async_connection(async_client, server, leave, begun):
    server.play(hanging(text_chunk("a")))
    chunks = await async_client.completions.create(**ASK)
    if begun:
        await anext(chunks)
    if leave == "close":
        await chunks.close()
    elif leave == "with":
        async with chunks:
            pass
    del chunks
    await _all_closed(server)


async def test_break_closes_the_connection(async_client, server):
    server.play(hanging(text_chunk("a")))
    async for _ in async_client.completions.acreate(**ASK):
        break
    await _all_closed(server)


async def test_cancelled_task_closes_the_connection(async_client, server):
    server.play(hanging(text_chunk("a")))
    chunks = await async_client.completions.create(**ASK)
    await anext(chunks)
    waiting = asyncio.create_task(anext(chunks))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await _all_closed(server)


async def test_close_by_another_task_ends_the_iteration(async_client, server):
    server.play(hanging(text_chunk("a")))
    chunks = await async_client.completions.create(**ASK)

    async def texts():
        return [chunk.choices[0].text async for chunk in chunks]

    reading = asyncio.create_task(texts())
    await asyncio.sleep(0.05)
    await chunks.close()
    assert await asyncio.wait_for(reading, PATIENCE) == ["a"]
    await _all_closed(server)


async def _all_closed(server):
    """As `server.all_closed`, while the event loop goes on."""
    assert await asyncio.to_thread(server.all_closed)


def test_client_that_nobody_closes(server):
    server.play(TEXT)
    assert list(Fireworks("key", server.url).completions.create(**ASK))
    gc.collect()
    assert server.all_closed()


def test_async_client_that_nobody_closes_in_two_event_loops(server):
    client = AsyncFireworks("key", server.url)
    server.play(TEXT)

    async def main():
        return [chunk.choices[0].text async for chunk in await client.completions.create(**ASK)]

    for loops in (1, 2):
        assert asyncio.run(main()) == ["a", "b", ""]
        assert server.all_closed()
        assert server.connections == loops


async def test_500_streams_at_once(async_client, server):
    everyone_is_here = asyncio.Barrier(500)
    server.play(TEXT)

    async def read():
        chunks = await async_client.completions.create(**ASK)
        first = await anext(chunks)
        await everyone_is_here.wait()
        return first.choices[0].text + "".join([text async for text in chunks.text_deltas()])

    assert await asyncio.gather(*(read() for _ in range(500))) == ["ab"] * 500
    assert server.connections == 500
    await async_client.close()


def test_multi_byte_characters_cut_anywhere(client, server):
    whole = event(text_chunk("花火🎆"))
    assert "花".encode() not in whole, "JSON escapes it"
    server.play(stream('{"choices":[{"index":0,"text":"花火🎆","finish_reason":null}]}'))
    assert list(client.completions.create(**ASK).text_deltas()) == ["花火🎆"]
