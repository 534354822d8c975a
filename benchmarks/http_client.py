"""An HTTP client that costs next to nothing: it shares two cores with what it measures.

A connection only notes when bytes came, and keeps them; what they mean is looked up after the
clock has stopped. It speaks as much HTTP/1.1 as our own server and its peers need.
"""

import asyncio
import json
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from time import perf_counter
from typing import Any

HEAD_END = b"\r\n\r\n"
LAST_CHUNK = b"\r\n0\r\n\r\n"
FRAME = b"data: "


def post(path: str, key: str, body: dict[str, Any]) -> bytes:
    """A whole POST request as bytes."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


@dataclass
class Reply:
    """One answer as it came off the socket.

    Attributes:
        sent: when the request was written, in seconds of `perf_counter`.
        arrivals: when each piece came.
        pieces: the bytes that came, HTTP framing included.
    """

    sent: float
    arrivals: list[float] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(b"".join(self.pieces).split(b" ", 2)[1])

    @property
    def body(self) -> bytes:
        """The body, without the framing of a chunked reply."""
        return b"".join(part for _, part in self._parts())

    @property
    def events(self) -> list[tuple[float, bytes]]:
        """The data of each server-sent event of a chunked reply, and when its last byte came."""
        found: list[tuple[float, bytes]] = []
        rest = b""
        for when, part in self._parts():
            *whole, rest = (rest + part).replace(b"\r\n", b"\n").split(b"\n\n")
            found += [
                (when, line.removeprefix(FRAME))
                for event in whole
                for line in event.split(b"\n")
                if line.startswith(FRAME)
            ]
        return found

    def _parts(self) -> Iterator[tuple[float, bytes]]:
        """The parts of the body, without the framing, and when each of them had come."""
        raw = b"".join(self.pieces)
        ends = list(accumulate(map(len, self.pieces)))
        start = raw.index(HEAD_END) + len(HEAD_END)
        if _content_length(raw[:start]) is not None:
            yield self.arrivals[-1], raw[start:]
            return
        while True:
            line = raw.index(b"\r\n", start)
            length = int(raw[start:line], 16)
            if length == 0:
                return
            start, end = line + 2, line + 2 + length
            yield self.arrivals[bisect_left(ends, end)], raw[start:end]
            start = end + 2

    @property
    def frames(self) -> list[bytes]:
        """The server-sent events of a stream, whole; the last is `[DONE]`."""
        return [frame + b"\n\n" for frame in self.body.split(b"\n\n")[:-1]]

    @property
    def chunks(self) -> list[dict[str, Any]]:
        """The JSON of each event of a stream. Asserts that the stream was ended properly."""
        *frames, done = self.frames
        assert done == b"data: [DONE]\n\n", done
        return [json.loads(frame.removeprefix(FRAME)) for frame in frames]

    def times_of(self, mark: bytes) -> list[float]:
        """When each occurrence of `mark` came. No occurrence may be cut by two pieces."""
        counts = [piece.count(mark) for piece in self.pieces]
        assert sum(counts) == b"".join(self.pieces).count(mark), "a mark was cut in two"
        return [
            when for when, count in zip(self.arrivals, counts, strict=True) for _ in range(count)
        ]


class Connection(asyncio.Protocol):
    """A kept-alive connection that carries one request at a time."""

    def __init__(self) -> None:
        """Wait to be connected."""
        self._transport: Any = None
        self._reply: Reply | None = None
        self._done: asyncio.Future[Reply] | None = None
        self._head = b""
        self._left: int | None = None
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        self._transport = transport

    def send(self, request: bytes) -> asyncio.Future[Reply]:
        """Write a request now; the future is its whole reply."""
        self._done = asyncio.get_running_loop().create_future()
        self._reply = Reply(perf_counter())
        self._head = b""
        self._transport.write(request)
        return self._done

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol: note when bytes came."""
        reply = self._reply
        assert reply is not None, "bytes came that nobody asked for"
        reply.arrivals.append(perf_counter())
        reply.pieces.append(data)
        if HEAD_END not in self._head:
            self._head += data
            if HEAD_END not in self._head:
                return
            head, _, data = self._head.partition(HEAD_END)
            self._head = head + HEAD_END
            self._left = _content_length(head)
            self._tail = b"\r\n"
        if self._left is not None:
            self._left -= len(data)
            ended = self._left <= 0
        else:
            self._tail = (self._tail + data)[-len(LAST_CHUNK) :]
            ended = self._tail == LAST_CHUNK
        if ended and self._done is not None and not self._done.done():
            self._done.set_result(reply)
            self._reply = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        if self._done is not None and not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server hung up"))

    @property
    def arrivals(self) -> list[float]:
        """When each piece of the reply that is under way has come so far."""
        return list(self._reply.arrivals) if self._reply else []

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


@asynccontextmanager
async def connections(port: int, count: int) -> AsyncIterator[list[Connection]]:
    """Open connections to a port of loopback, and close them in the end."""
    loop = asyncio.get_running_loop()
    opened: list[Connection] = []
    try:
        for _ in range(count):
            _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
            opened.append(connection)
        yield opened
    finally:
        for connection in opened:
            connection.close()


async def ask(port: int, request: bytes) -> dict[str, Any]:
    """Send one request that is not streamed, and give the JSON of its reply."""
    async with connections(port, 1) as (connection,):
        reply = await connection.send(request)
    assert reply.status == 200, reply.body
    answer: dict[str, Any] = json.loads(reply.body)
    return answer


def _content_length(head: bytes) -> int | None:
    """The length that a reply's head tells, or None where the reply is chunked."""
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else None
