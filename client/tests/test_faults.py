"""Each fault against a server that commits it: the right error or the right retry, no leak."""

import socket
import time

import pytest

from fireworks.client import AsyncFireworks, Fireworks
from fireworks.client.error import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadGatewayError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServiceUnavailableError,
    UnprocessableEntityError,
)

from .scripted import (
    COMPLETION,
    STREAM_END,
    STREAM_HEAD,
    cut,
    error,
    event,
    reply,
    silent_after,
    stream,
    text_chunk,
)

pytestmark = pytest.mark.anyio

GOOD = reply(COMPLETION)


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """The seconds that clients would have waited."""
    waited = []

    async def sleep(_wire, seconds):
        waited.append(seconds)

    monkeypatch.setattr("fireworks.client.wire.BlockingWire.sleep", sleep)
    monkeypatch.setattr("fireworks.client.wire.AsyncWire.sleep", sleep)
    return waited


@pytest.fixture(params=["blocking", "async"])
def complete(request, server):
    """Ask for a completion; a streamed one is read to its end."""

    async def complete(*, base_url=server.url, stream=False, **options):
        if request.param == "async":
            async with AsyncFireworks("key", base_url) as client:
                if not stream:
                    return await client.completions.create("m", "p", **options)
                chunks = await client.completions.create("m", "p", stream=True, **options)
                return [chunk async for chunk in chunks]
        with Fireworks("key", base_url) as client:
            if not stream:
                return client.completions.create("m", "p", **options)
            return list(client.completions.create("m", "p", stream=True, **options))

    return complete


async def test_refused_connection_is_tried_three_times(complete, pauses):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(APIConnectionError, match=f"No connection to {url}.*server running") as e:
        await complete(base_url=url)
    assert len(pauses) == 2
    assert e.value.status_code is None


@pytest.mark.parametrize("streamed", [False, True])
async def test_cut_before_or_in_the_headers_is_tried_again(complete, server, pauses, streamed):
    good = stream(COMPLETION) if streamed else GOOD
    server.play(None, cut(b"HTTP/1.1 200 OK\r\ncontent-le"), good)
    assert await complete(stream=streamed)
    assert len(server.requests) == 3
    assert len(pauses) == 2


async def test_cut_in_the_headers_for_good(complete, server):
    server.play(cut(b"HTTP/1.1 200 OK\r\ncontent-le"))
    with pytest.raises(APIConnectionError, match="lost"):
        await complete()
    assert len(server.requests) == 3


async def test_cut_body_that_nobody_saw_is_tried_again(complete, server):
    server.play(cut(GOOD[:-1]), GOOD)
    assert (await complete()).choices[0].text == "ab"


@pytest.mark.parametrize("end", [event("[DONE]")[:9], b""])
async def test_cut_stream_is_never_tried_again(complete, server, end):
    server.play(cut(STREAM_HEAD + event(text_chunk("a")) + end), stream(COMPLETION))
    with pytest.raises(APIConnectionError) as caught:
        await complete(stream=True)
    assert caught.value.request_id == "request-1"
    assert len(server.requests) == 1


async def test_stream_without_done_and_without_chunked_encoding(complete, server):
    head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
    server.play(cut(head + b'data: {"choices": []}\n\n'))
    with pytest.raises(APIConnectionError, match="broke off"):
        await complete(stream=True)


async def test_retry_after_is_waited_for(complete, server, pauses):
    server.play(error(429, retry_after="7"), GOOD)
    await complete()
    assert 7 <= pauses[0] <= 7 * 1.25


async def test_two_500_then_success(complete, server, pauses):
    server.play(error(500), error(500), GOOD)
    assert (await complete()).choices[0].text == "ab"
    assert len(pauses) == 2
    assert server.connections == 1
    assert len({request.body for request in server.requests}) == 1


async def test_silence_is_a_timeout_and_not_asked_for_again(complete, server):
    server.play(silent_after(b""))
    with pytest.raises(APITimeoutError, match=r"nothing in time.*stream=True"):
        await complete(timeout=0.1)
    assert len(server.requests) == 1


async def test_silence_inside_a_stream_is_a_timeout(complete, server):
    server.play(silent_after(STREAM_HEAD + event(text_chunk("a"))))
    with pytest.raises(APITimeoutError):
        await complete(stream=True, timeout=0.2)
    assert len(server.requests) == 1


async def test_slow_stream_may_take_longer_than_the_timeout(complete, server):
    def scene(connection):
        connection.sendall(STREAM_HEAD)
        for _ in range(8):
            time.sleep(0.2)
            connection.sendall(event(text_chunk("a")))
        connection.sendall(event("[DONE]") + STREAM_END)

    server.play(scene)
    assert len(await complete(stream=True, timeout=1.5)) == 8


@pytest.mark.parametrize("body", [b"{", b"[]", b"<html>", b"\xff"])
async def test_invalid_json(complete, server, body):
    server.play(reply(body))
    with pytest.raises(APIResponseValidationError, match="not the JSON object") as caught:
        await complete()
    assert caught.value.request_id == "request-1"


async def test_invalid_json_in_a_stream(complete, server):
    server.play(stream("{"))
    with pytest.raises(APIResponseValidationError):
        await complete(stream=True)


async def test_error_event_inside_a_stream(complete, server):
    failure = {"error": {"message": "The engine died.", "code": "ENGINE_CRASHED", "type": "x"}}
    server.play(stream(text_chunk("a"), failure))
    with pytest.raises(APIError, match=r"The engine died\.") as caught:
        await complete(stream=True)
    assert caught.value.code == "ENGINE_CRASHED"
    assert caught.value.body == failure
    assert caught.value.request_id == "request-1"
    assert len(server.requests) == 1


@pytest.mark.parametrize("streamed", [False, True])
async def test_redirect_to_another_host_gets_no_key(complete, server, streamed):
    elsewhere = server.origin.replace("127.0.0.1", "localhost")
    good = stream(COMPLETION) if streamed else GOOD
    server.play(reply(b"", 307, location=f"{elsewhere}/x"), good)
    assert await complete(stream=streamed)
    first, second = server.requests
    assert first.headers["authorization"] == "Bearer key"
    assert second.path == "/x"
    assert "authorization" not in second.headers
    assert second.body == first.body


async def test_redirect_on_the_same_host_keeps_the_key(complete, server):
    server.play(reply(b"", 308, location="/x"), GOOD)
    assert await complete()
    assert server.requests[1].headers["authorization"] == "Bearer key"


async def test_redirects_in_a_circle(complete, server):
    server.play(reply(b"", 307, location="/x"))
    with pytest.raises(APIConnectionError, match="redirects"):
        await complete(timeout=5)


@pytest.mark.parametrize(
    ("status", "kind", "attempts"),
    [
        (400, BadRequestError, 1),
        (401, AuthenticationError, 1),
        (403, PermissionDeniedError, 1),
        (404, NotFoundError, 1),
        (405, APIStatusError, 1),
        (408, APITimeoutError, 3),
        (409, ConflictError, 3),
        (413, APIStatusError, 1),
        (422, UnprocessableEntityError, 1),
        (429, RateLimitError, 3),
        (500, InternalServerError, 3),
        (502, BadGatewayError, 3),
        (503, ServiceUnavailableError, 3),
        (520, InternalServerError, 3),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_status(complete, server, status, kind, attempts, streamed):  # noqa: PLR0917 - a table
    server.play(error(status, "The sentence."))
    with pytest.raises(APIError) as caught:
        await complete(stream=streamed)
    assert type(caught.value) is kind
    assert caught.value.status_code == status
    assert str(caught.value) == f"The sentence. [HTTP {status}, code C, request request-1]"
    assert len(server.requests) == attempts


async def test_early_clauses_for_404_still_work(complete, server):
    server.play(error(404))
    with pytest.raises(InvalidRequestError):
        await complete()
