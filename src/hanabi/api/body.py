"""The request body: read with a limit, decoded once into its wire type."""

from typing import Generic, TypeVar

import msgspec
from starlette.types import Receive, Scope

from hanabi.api.client import ClientGone
from hanabi.api.refusal import refuse
from hanabi.errors import BodyTooLargeError

T = TypeVar("T", bound=msgspec.Struct)


class Body(Generic[T]):
    """Reads the body of one route."""

    def __init__(self, wire_type: type[T], max_bytes: int) -> None:
        """Take the route's wire type and the most bytes that a body may have."""
        self._type = wire_type
        self._decoder = msgspec.json.Decoder(wire_type)
        self._max_bytes = max_bytes

    async def read(self, scope: Scope, receive: Receive) -> T:
        """The decoded body.

        Raises BodyTooLargeError as soon as the limit is passed, InvalidRequestError for a body
        that breaks its type, ClientGone when the client leaves before the end.
        """
        body = await self._bytes(scope, receive)
        try:
            return self._decoder.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise refuse(error, body, self._type) from None

    async def _bytes(self, scope: Scope, receive: Receive) -> bytes:
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit():
            self._check(int(declared))
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            part = message.get("body", b"")
            parts.append(part)
            size += len(part)
            self._check(size)
            more = message.get("more_body", False)
        return b"".join(parts)

    def _check(self, size: int) -> None:
        if size > self._max_bytes:
            raise BodyTooLargeError(
                f"The request body may have at most {self._max_bytes} bytes; this one has at least"
                f" {size}"
            )
