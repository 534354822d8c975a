"""The two ways to HTTP, blocking and async, behind one face. Only this module knows httpx2.

The face is async for both. The blocking one never suspends, so that `blocking.run` drives what
is built upon it to its end in one step: nothing above has to be written twice.
"""

import ssl
import time
import weakref
from collections.abc import AsyncGenerator, Generator, Mapping
from types import TracebackType
from typing import Protocol, TypeVar

import anyio
import httpx2

from fireworks.client.call import Request
from fireworks.client.error import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ConnectTimeoutError,
)

_CONNECT_TIMEOUT = 5.0
_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=100)

PoolT = TypeVar("PoolT", httpx2.Client, httpx2.AsyncClient)


class Incoming(Protocol):
    """A reply whose headers are there.

    Attributes:
        status: the HTTP status.
        headers: by name, whatever its case.
    """

    status: int
    headers: Mapping[str, str]

    async def next(self) -> bytes:
        """The next piece of the body as it comes; empty at the end."""
        ...

    async def close(self) -> None:
        """Let go of it; a connection whose reply is not read to its end is closed."""
        ...


class Wire(Protocol):
    """A way to HTTP, with a pool of connections."""

    async def send(self, request: Request) -> Incoming:
        """Send a request; raises APIConnectionError, as does the reply's `next`."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    async def close(self) -> None:
        """Close every connection; those of a pool that the user brought stay."""
        ...


class BlockingWire:
    """The wire of Fireworks. Dropped without being closed, it closes itself."""

    def __init__(self, http: httpx2.Client | None, *, loopback: bool) -> None:
        """Take the user's pool, or make one."""
        self._http = http or _pool(httpx2.Client, loopback=loopback)
        self._end = weakref.finalize(self, self._http.close) if http is None else None

    async def send(self, request: Request) -> Incoming:
        """Send a request."""
        with _Translated():
            response = self._http.send(_prepared(self._http, request), stream=True)
        return _BlockingIncoming(response)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)  # noqa: ASYNC251 - this wire blocks

    async def close(self) -> None:
        """Close every connection."""
        if self._end is not None:
            self._end()


class _BlockingIncoming:
    def __init__(self, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._pieces = _pieces(response)
        next(self._pieces)

    async def next(self) -> bytes:
        with _Translated():
            return next(self._pieces, b"")

    async def close(self) -> None:
        self._pieces.close()


def _pieces(response: httpx2.Response) -> Generator[bytes]:
    """The body; closes the response at the end, and when it is dropped before.

    The first piece is empty, and taken at once: a generator that never began closes nothing.
    """
    try:
        yield b""
        yield from response.iter_bytes()
    finally:
        response.close()


class AsyncWire:
    """The wire of AsyncFireworks.

    Its pool lives no longer than the event loop, or than this: whatever ends first closes it, and
    a request in another loop has a new one.
    """

    def __init__(self, http: httpx2.AsyncClient | None, *, loopback: bool) -> None:
        """Take the user's pool, or make one at the first request."""
        self._http = http
        self._own = http is None
        self._loopback = loopback
        self._life: AsyncGenerator[None] | None = None

    async def send(self, request: Request) -> Incoming:
        """Send a request."""
        with _Translated():
            http = await self._living()
            response = await http.send(_prepared(http, request), stream=True)
        incoming = _AsyncIncoming(response)
        await incoming.next()
        return incoming

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await anyio.sleep(seconds)

    async def close(self) -> None:
        """Close every connection."""
        if self._life is not None:
            await self._life.aclose()

    async def _living(self) -> httpx2.AsyncClient:
        if self._http is None or (self._own and self._http.is_closed):
            self._http = _pool(httpx2.AsyncClient, loopback=self._loopback)
            self._life = _life(self._http)
            await anext(self._life)
        return self._http


async def _life(http: httpx2.AsyncClient) -> AsyncGenerator[None]:
    """Close a pool when its event loop ends, since loops close the generators that they know."""
    try:
        yield
    finally:
        await http.aclose()


class _AsyncIncoming:
    def __init__(self, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._pieces = _async_pieces(response)
        self._awaited = False

    async def next(self) -> bytes:
        self._awaited = True
        try:
            with _Translated():
                return await anext(self._pieces, b"")
        finally:
            self._awaited = False

    async def close(self) -> None:
        if self._awaited:  # by another task, which this wakes
            await self._response.aclose()
        else:
            await self._pieces.aclose()


async def _async_pieces(response: httpx2.Response) -> AsyncGenerator[bytes]:
    """As `_pieces`; the event loop closes it when it is dropped."""
    try:
        yield b""
        async for piece in response.aiter_bytes():
            yield piece
    finally:
        await response.aclose()


def _prepared(http: httpx2.Client | httpx2.AsyncClient, request: Request) -> httpx2.Request:
    seconds = request.timeout
    return http.build_request(
        request.method,
        request.url,
        headers=request.headers,
        content=request.content,
        timeout=httpx2.Timeout(seconds, connect=min(seconds, _CONNECT_TIMEOUT), pool=None),
    )


def _pool(kind: type[PoolT], *, loopback: bool) -> PoolT:
    """A pool for a server on this machine, or elsewhere.

    On loopback no proxy is in between, and TLS, which a redirect might ask for, trusts nobody:
    that spares the reading of all certificates.
    """
    return kind(
        limits=_LIMITS,
        follow_redirects=True,
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if loopback else True,
        trust_env=not loopback,
    )


class _Translated:
    """Raises httpx2's errors as this client's."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, httpx2.RequestError):
            raise _connection_error(error) from error


def _connection_error(error: httpx2.RequestError) -> APIError:
    url = error.request.url
    server = f"{url.scheme}://{url.netloc.decode()}"
    reason = str(error) or type(error).__name__
    if isinstance(error, httpx2.ConnectTimeout):
        return ConnectTimeoutError(f"No connection to {server} came about in time.")
    if isinstance(error, httpx2.TimeoutException):
        return APITimeoutError(
            f"{server} sent nothing in time. A longer timeout=..., or stream=True, may help."
        )
    if isinstance(error, httpx2.ConnectError):
        return APIConnectionError(f"No connection to {server}: {reason}. Is the server running?")
    return APIConnectionError(f"The connection to {server} was lost: {reason}")
