"""A connection without a network: a transport that only remembers, and a clock that is told."""

import asyncio
import json
from itertools import pairwise

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.server import ServerState

from hanabi.api.connection import Connection, ConnectionLimits

KEEP_ALIVE = 75
LIMITS = ConnectionLimits()
POST = b"POST /path HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


class Transport(asyncio.Transport):
    """Remembers what happened to it. What is written stays unsent for a while if `reads` says."""

    def __init__(self):
        super().__init__()
        self.written, self.unsent = b"", 0
        self.paused = self.ended = self.closed = self.aborted = False

    def write(self, data):
        assert not self.ended
        self.written += data

    def get_write_buffer_size(self):
        return self.unsent

    def can_write_eof(self):
        return True

    def write_eof(self):
        self.ended = True

    def is_closing(self):
        return self.closed

    def close(self):
        self.closed = True

    def abort(self):
        self.closed = self.aborted = True

    def pause_reading(self):
        self.paused = True

    def resume_reading(self):
        self.paused = False


class Client:
    """One connection to an app, which notes heads, and bodies; None for a client that left."""

    def __init__(self, *, reads=True, answers=True, starts=False, busy=False):
        self.heads, self.bodies = [], []
        self.idle = asyncio.Event()
        if not busy:
            self.idle.set()
        self._reads, self._answers, self._starts = reads, answers, starts
        self.transport = Transport()
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            log_config=None,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE,
        )
        self.connection = Connection(config, ServerState(), {})
        self.connection.connection_made(self.transport)

    async def _app(self, scope, receive, send):
        self.heads.append(scope["headers"])
        await self.idle.wait()
        if self._starts:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        if self._reads:
            body, more = b"", True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    self.bodies.append(None)
                    return
                body += message["body"]
                more = message["more_body"]
            self.bodies.append(body)
        if not self._answers:
            await receive()
            self.bodies.append(None)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    async def send(self, *parts):
        for part in parts:
            self.connection.data_received(part)
            for _ in range(5):
                await asyncio.sleep(0)

    async def after(self, seconds):
        self.connection.check(asyncio.get_running_loop().time() + seconds)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    @property
    def statuses(self):
        lines = self.transport.written.split(b"HTTP/1.1 ")[1:]
        return [int(line[:3]) for line in lines]

    @property
    def error(self):
        return json.loads(self.transport.written.rpartition(b"\r\n\r\n")[2])["error"]


def head_of(size):
    """A request's head of exactly so many bytes."""
    start = b"GET / HTTP/1.1\r\nHost: x\r\nX: "
    return start + b"x" * (size - len(start) - 4) + b"\r\n\r\n"


def test_a_head_at_the_limit_is_read_and_the_next_one_too():
    async def run():
        client = Client()
        await client.send(head_of(LIMITS.head_bytes), head_of(LIMITS.head_bytes), head_of(100))
        assert client.statuses == [200, 200, 200]
        assert not client.transport.closed

    asyncio.run(run())


@pytest.mark.parametrize("size", [1, 1000, 65_536, 256 * 1024, 2**20])
@pytest.mark.parametrize("before", [b"", head_of(100), CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"])
@pytest.mark.parametrize(
    "endless", [b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n", b"GET /", b"G", b"\r\n"]
)
def test_an_endless_head_is_refused(size, before, endless):
    async def run():
        client = Client()
        await client.send(before)
        sent = endless + b"x" * (2**20 if size > 1 else LIMITS.head_bytes)
        parts = [sent[start : start + size] for start in range(0, len(sent), size)]
        for part in parts:
            client.connection.data_received(part)
        assert client.statuses[-1] in (400, 431)
        assert len(client.statuses) == (2 if before else 1)
        assert client.transport.ended
        assert client.connection._fed <= 2 * LIMITS.head_bytes

    asyncio.run(run())


def test_the_refusal_of_a_head_says_the_limit():
    async def run():
        client = Client()
        await client.send(head_of(LIMITS.head_bytes + 1))
        assert client.statuses == [431]
        assert client.error == {
            "object": "error",
            "type": "invalid_request_error",
            "code": "request_header_fields_too_large",
            "message": "The request line and the headers may have at most 65536 bytes together",
        }
        assert b"\r\nconnection: close\r\n" in client.transport.written
        assert client.heads == []

    asyncio.run(run())


@pytest.mark.parametrize(("count", "status"), [(100, 200), (101, 431), (10_000, 431)])
def test_the_number_of_headers(count, status):
    async def run():
        client = Client()
        await client.send(b"GET / HTTP/1.1\r\n" + b"a:\r\n" * count + b"\r\n")
        assert client.statuses == [status]
        assert [len(head) for head in client.heads] == ([100] if status == 200 else [])

    asyncio.run(run())


def test_trailers_are_no_headers_and_have_the_limit_of_a_head():
    async def run():
        client = Client()
        end = b"0\r\nAuthorization: Bearer x\r\n\r\n"
        client.connection.data_received(CHUNKED + b"3\r\nabc\r\n" + end)
        await client.send(b"")
        assert client.bodies == [b"abc"]
        assert client.heads == [[(b"host", b"x"), (b"transfer-encoding", b"chunked")]]
        await client.send(CHUNKED + b"3\r\nabc\r\n0\r\nX: ", *[b"x" * 10_000] * 20)
        assert client.statuses == [200, 431]
        assert client.bodies == [b"abc", None]

    asyncio.run(run())


def test_framing_without_a_body_in_it_has_the_limit_of_a_head():
    async def run():
        client = Client()
        await client.send(CHUNKED, *[b"1;" + b"x" * 10_000 + b"\r\na\r\n"] * 20)
        assert client.statuses == []
        await client.send(b"1;", *[b"x" * 10_000] * 20)
        assert client.statuses == [431]

    asyncio.run(run())


@given(st.binary(max_size=300), st.lists(st.integers(1, 400), max_size=8), st.sampled_from([1, 64]))
def test_a_request_is_the_same_however_it_is_cut(body, cuts, repeat):
    request = POST + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    requests = request * repeat
    edges = sorted({0, len(requests), *(cut for cut in cuts if cut < len(requests))})

    async def run():
        client = Client()
        await client.send(*[requests[a:b] for a, b in pairwise(edges)])
        for _ in range(10 * repeat):  # one after the other
            await asyncio.sleep(0)
        assert client.bodies == [body] * repeat
        assert set(client.statuses) == {200}

    asyncio.run(run())


@pytest.mark.parametrize(
    "garbage",
    [b"\x16\x03\x01\x02\x00", b"GET", b"get / HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"],
)
def test_what_is_no_http_is_refused(garbage):
    async def run():
        client = Client()
        await client.send(garbage + b"\x00\r\n\r\n")
        assert client.statuses == [400]
        assert client.error["message"] == "The request is not valid HTTP/1.1"

    asyncio.run(run())


def test_after_a_refusal_nothing_is_read_and_the_client_may_linger():
    async def run():
        client = Client()
        await client.send(b"\x00\r\n\r\n", head_of(100), b"x" * 2**20)
        assert client.statuses == [400]
        await client.after(LIMITS.linger_seconds - 1)
        assert not client.transport.closed
        await client.after(LIMITS.linger_seconds + 1)
        assert client.transport.closed

    asyncio.run(run())


def test_a_slow_head_times_out():
    async def run():
        client = Client()
        await client.send(b"GET / HTTP/1.1\r\n", b"Host: x\r\n")
        await client.after(LIMITS.head_seconds - 1)
        assert client.statuses == []
        await client.after(LIMITS.head_seconds + 1)
        assert client.statuses == [408]
        assert client.error["message"] == "The headers of a request must come within 10 seconds"
        assert client.transport.ended

    asyncio.run(run())


def test_a_body_that_stops_times_out():
    async def run():
        client = Client()
        await client.send(POST + b"Content-Length: 9\r\n\r\n", b"abc")
        await client.after(LIMITS.body_seconds - 1)
        assert client.statuses == []
        await client.after(LIMITS.body_seconds + 1)
        assert client.statuses == [408]
        assert client.bodies == [None]
        assert client.error["code"] == "request_timeout"

    asyncio.run(run())


def test_a_body_that_the_app_does_not_take_does_not_time_out():
    async def run():
        client = Client(busy=True)
        await client.send(POST + b"Content-Length: 100001\r\n\r\n" + b"x" * 100_000)
        assert client.transport.paused
        await client.after(LIMITS.body_seconds + 1)
        client.idle.set()
        await client.after(LIMITS.body_seconds + 2)
        assert not client.transport.paused
        await client.send(b"x")
        assert client.statuses == [200]
        assert [len(body) for body in client.bodies] == [100_001]

    asyncio.run(run())


def test_a_body_that_stops_under_a_reply_ends_the_connection():
    async def run():
        client = Client(starts=True)
        await client.send(POST + b"Content-Length: 9\r\n\r\n", b"abc")
        await client.after(LIMITS.body_seconds + 1)
        assert client.statuses == [200]
        assert client.transport.aborted
        client.connection.connection_lost(None)
        await asyncio.sleep(0)

    asyncio.run(run())


def test_a_reply_takes_as_long_as_it_takes():
    async def run():
        client = Client(answers=False)
        await client.send(head_of(100))
        await client.after(100_000)
        assert not client.transport.closed
        client.connection.connection_lost(None)
        await client.send()
        await asyncio.sleep(0)
        assert client.bodies == [b"", None]

    asyncio.run(run())


@pytest.mark.parametrize("sent", [b"", b"\r\n", head_of(100)])
def test_an_idle_connection_is_closed(sent):
    async def run():
        client = Client()
        await client.send(sent)
        await client.after(KEEP_ALIVE - 1)
        assert not client.transport.closed
        await client.after(KEEP_ALIVE + 1)
        assert client.transport.closed

    asyncio.run(run())


def test_a_body_that_nobody_wanted_is_dropped_for_a_while():
    async def run():
        client = Client(reads=False)
        await client.send(POST + b"Content-Length: 900\r\n\r\n")
        assert client.statuses == [200]
        await client.send(b"x" * 100)
        await client.after(LIMITS.linger_seconds + 1)
        assert client.transport.closed

    asyncio.run(run())


def test_a_connection_whose_unwanted_body_ended_goes_on():
    async def run():
        client = Client(reads=False)
        await client.send(POST + b"Content-Length: 900\r\n\r\n", b"x" * 900)
        await client.after(LIMITS.linger_seconds + 1)
        assert not client.transport.closed
        await client.send(head_of(100))
        assert client.statuses == [200, 200]

    asyncio.run(run())


@pytest.mark.parametrize("closing", [False, True])
def test_a_client_that_does_not_read_is_cut_off(closing):
    async def run():
        client = Client(answers=False)
        await client.send(head_of(100))
        client.transport.unsent = 5000
        client.transport.closed = closing
        await client.after(0)
        await client.after(LIMITS.reply_seconds - 1)
        client.transport.unsent = 4999  # it read a byte: its time begins anew
        await client.after(LIMITS.reply_seconds - 1)
        await client.after(2 * LIMITS.reply_seconds - 3)
        assert not client.transport.aborted
        client.transport.unsent = 8000  # the server wrote, the client did not read
        await client.after(2 * LIMITS.reply_seconds)
        assert client.transport.aborted
        client.connection.connection_lost(None)
        await asyncio.sleep(0)

    asyncio.run(run())


def test_a_client_that_has_read_everything_has_all_the_time():
    async def run():
        client = Client(answers=False)
        await client.send(head_of(100))
        await client.after(1000)
        client.transport.unsent = 5000
        await client.after(1000 + LIMITS.reply_seconds - 1)
        assert not client.transport.aborted
        client.connection.connection_lost(None)
        await asyncio.sleep(0)

    asyncio.run(run())
