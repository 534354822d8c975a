"""What a method asks of the server, before a client adds its address, key and patience."""

import json
from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from fireworks.client.record import Record, Reply

ReplyT = TypeVar("ReplyT", bound=Reply)


class Call(NamedTuple, Generic[ReplyT]):
    """A request to a route.

    Attributes:
        method: of HTTP.
        path: behind the base URL; begins with a slash.
        reply: what comes back when it is not streamed.
        body: the fields of the JSON body, or None for none.
        headers: beside the client's own.
        timeout: seconds without a byte; None for the client's own.
    """

    method: str
    path: str
    reply: type[ReplyT]
    body: dict[str, Any] | None = None
    headers: Mapping[str, str] = {}
    timeout: float | None = None


class Request(NamedTuple):
    """A request as it is sent.

    Attributes:
        method: of HTTP.
        url: the whole address.
        headers: all that this client sets.
        content: the body.
        timeout: seconds without a byte.
        max_retries: how often it is sent again when it failed in passing.
        streamed: whether the reply is read piece by piece.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None
    timeout: float
    max_retries: int
    streamed: bool


def post(path: str, reply: type[ReplyT], fields: dict[str, Any]) -> Call[ReplyT]:
    """A call with a body; options of CallOptions among its fields are taken out."""
    body = {name: value for name, value in fields.items() if value is not None}
    request_timeout = body.pop("request_timeout", None)
    timeout = body.pop("timeout", request_timeout)
    headers = body.pop("extra_headers", {})
    body |= body.pop("extra_body", {})
    return Call("POST", path, reply, body, headers, timeout)


def encoded(body: Mapping[str, Any]) -> bytes:
    """A body as JSON. Records, such as a reply's message that is sent back, are among it."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, default=_plain).encode()


def _plain(value: object) -> Any:
    if isinstance(value, Record):
        return value.to_dict()
    raise TypeError(f"a request cannot hold a {type(value).__name__}: {value!r}")
