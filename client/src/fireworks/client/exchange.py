"""Requests and their replies over a wire of either kind: attempts, and chunks of a stream."""

import json
import random
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fireworks.client.call import ReplyT, Request
from fireworks.client.error import APIConnectionError, APIError, APIResponseValidationError
from fireworks.client.failure import event_error, status_error
from fireworks.client.fold import Fold
from fireworks.client.record import Reply
from fireworks.client.retry import pause
from fireworks.client.sse import DONE, SSEDecoder

if TYPE_CHECKING:  # it imports httpx2, which nobody waits for before making a client
    from fireworks.client.wire import Incoming, Wire

ChunkT = TypeVar("ChunkT", bound=Reply)


async def fetch(wire: "Wire", request: Request, reply: type[ReplyT]) -> ReplyT:
    """Send a request until it succeeds, and read its reply."""
    incoming, body = await _answer(wire, request)
    return reply(_json_object(body, incoming.headers), incoming.headers)


async def _answer(wire: "Wire", request: Request) -> tuple["Incoming", bytes]:
    """A reply that tells of success, and its body unless it is streamed."""
    for attempt in count():
        try:
            incoming = await wire.send(request)
            good = incoming.status < 300  # noqa: PLR2004 - of HTTP
            if good and request.streamed:
                return incoming, b""
            body = await _whole(incoming)
            if good:
                return incoming, body
            error = status_error(incoming.status, incoming.headers, body)
        except APIConnectionError as lost:
            error = lost
        seconds = pause(error, attempt, now=time.time(), jitter=random.random())  # noqa: S311 - no secret
        if seconds is None or attempt >= request.max_retries:
            raise error
        await wire.sleep(seconds)
    raise AssertionError("counting ends never")


async def _whole(incoming: "Incoming") -> bytes:
    pieces = []
    while piece := await incoming.next():
        pieces.append(piece)
    return b"".join(pieces)


class Chunks(Generic[ChunkT, ReplyT]):
    """The chunks of one streamed reply; what Stream and AsyncStream have in common.

    Attributes:
        headers: those of the reply; none before it is open.
    """

    def __init__(
        self,
        wire: "Wire",
        request: Request,
        chunk: type[ChunkT],
        reply: type[ReplyT],
        *,
        owns_wire: bool,
    ) -> None:
        """Take what to send and the types of what comes; nothing is sent yet."""
        self.headers: Mapping[str, str] = {}
        self._wire = wire
        self._request = request
        self._chunk = chunk
        self._reply = reply
        self._owns_wire = owns_wire
        self._incoming: Incoming | None = None
        self._closed = False
        self._decoder = SSEDecoder()
        self._events: deque[str] = deque()
        self._fold = Fold()

    async def open(self) -> None:
        """Send the request, once; from here on nothing is tried again."""
        if self._incoming is None and not self._closed:
            try:
                self._incoming, _ = await _answer(self._wire, self._request)
            except BaseException:
                await self.close()
                raise
            self.headers = self._incoming.headers

    async def next(self) -> ChunkT | None:
        """The next chunk; None at the end, and after `close`."""
        await self.open()
        if self._incoming is None or self._closed:
            return None
        try:
            event = await self._event(self._incoming)
            if event is not None:
                self._fold.add(event)
                return self._chunk(event, self.headers)
        except APIConnectionError as error:
            if self._closed:
                return None  # another task closed it, which ended the wait for the next piece
            error.request_id = self.headers.get("x-request-id")
            await self.close()
            raise
        except BaseException:
            await self.close()
            raise
        await self.close()
        return None

    async def close(self) -> None:
        """Stop: the connection of a stream that is not at its end closes, and the server stops."""
        self._closed = True
        self._events.clear()
        if self._incoming is not None:
            await self._incoming.close()
        if self._owns_wire:
            await self._wire.close()

    def final(self) -> ReplyT:
        """What came so far, as the reply that the same request gives without streaming."""
        return self._reply(self._fold.reply(), self.headers)

    async def _event(self, incoming: "Incoming") -> dict[str, Any] | None:
        """The next event that says something; None at the end."""
        while not self._events:
            piece = await incoming.next()
            if not piece:
                raise APIConnectionError(
                    "The stream broke off: the connection ended before the reply did."
                )
            self._events.extend(filter(None, self._decoder.feed(piece)))
        data = self._events.popleft()
        if data == DONE:
            with suppress(APIError):  # only to keep the connection: the reply is complete
                await _whole(incoming)
            return None
        event = _json_object(data, self.headers)
        if event.get("error"):
            raise event_error(event, self.headers)
        return event


def _json_object(text: str | bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise _unreadable(text, headers, str(error)) from error
    if not isinstance(fields, dict):
        raise _unreadable(text, headers, "not an object")
    return fields


def _unreadable(
    text: str | bytes, headers: Mapping[str, str], reason: str
) -> APIResponseValidationError:
    body = text if isinstance(text, str) else text.decode("utf-8", errors="replace")
    return APIResponseValidationError(
        f"The reply is not the JSON object that the API promises ({reason}): {body[:100]!r}",
        request_id=headers.get("x-request-id"),
        body=body,
        headers=headers,
    )
