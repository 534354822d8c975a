"""A route as data: what is served where, who may ask, and what the OpenAPI document says of it."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec
from msgspec import Struct


class ApiRoute(Struct, frozen=True, kw_only=True):
    """One method on one or several paths.

    Attributes:
        method: the HTTP method; GET answers HEAD too.
        paths: where it is served, the documented one first. `{name:path}` spans slashes.
        endpoint: an async function from Request to Response, or an ASGI app.
        summary: one sentence for the OpenAPI document.
        open: whether it answers without a key. Closed unless said otherwise.
        body: the wire type of its request body, or None.
        reply: the wire type of its reply; None when that is no JSON of ours.
        chunk: the wire type of its stream's frames, or None when it does not stream.
        query: the wire type of its query, or None.
        gateway: whether its errors have the gateway's shape.
        documented: whether the OpenAPI document lists it.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    paths: tuple[str, ...]
    endpoint: Callable[..., Any]
    summary: str
    open: bool = False
    body: type[msgspec.Struct] | None = None
    reply: type[msgspec.Struct] | None = None
    chunk: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    gateway: bool = False
    documented: bool = True
