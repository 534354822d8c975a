"""The routes that upload a model's files: announced, PUT one by one, then validated.

A PUT is streamed to disk, and what has arrived stays when it is cut. It is resumed as Google's
signed uploads are: a PUT with `Content-Range: bytes */TOTAL` asks what is there, 308 and
`Range: bytes=0-LAST` tell, and a PUT with `Content-Range: bytes FIRST-LAST/TOTAL` goes on.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from reprlib import repr as quoted  # names come from clients: a long one is cut short
from typing import Any

from msgspec import Struct
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive

from hanabi.api.auth import account_of
from hanabi.api.body import Body
from hanabi.api.client import ClientGone
from hanabi.api.gateway.content_headers import (
    ContentRange,
    StatusQuestion,
    read_content_range,
    read_sha256,
)
from hanabi.api.gateway.models import path_name
from hanabi.api.gateway.permission import check_may_manage
from hanabi.api.json_response import json_response
from hanabi.api.lacking import check_lacking
from hanabi.api.server_url import server_url
from hanabi.errors import ConflictError, InvalidRequestError
from hanabi.protocol.gateway import Empty, UploadEndpointRequest, UploadEndpoints
from hanabi.registry.upload import Uploads

UPLOAD_PATH = "/uploads"
"""Below it a token names a file."""

_BLOCK = 1 << 20  # bytes that are collected for one write in a thread
_RESUME_INCOMPLETE = 308


class _Body(Struct, frozen=True):
    """What a PUT brings.

    Attributes:
        first: the offset of its first byte in the file.
        size: how many bytes it has.
        digest: SHA-256 in hex of the whole file, or None where the client does not tell.
    """

    first: int
    size: int
    digest: str | None


class ModelUploads:
    """The upload routes; the registry is asked off the event loop."""

    def __init__(self, uploads: Uploads, max_body_bytes: int) -> None:
        """Take where uploads go, and the most bytes of a body that is no file."""
        self._uploads = uploads
        self._announcement = Body(UploadEndpointRequest, max_body_bytes)

    async def endpoints(self, request: Request) -> Response:
        """POST models/{model}:getUploadEndpoint: a URL for each file."""
        name = path_name(request)
        check_may_manage(account_of(request.scope), name.account)
        wire = await self._announcement.read(request.scope, request.receive)
        check_lacking(wire)
        sizes = {path: _size(path, size) for path, size in wire.filename_to_size.items()}
        tokens = await asyncio.to_thread(self._uploads.expect, name, sizes)
        base = server_url(request) + UPLOAD_PATH
        urls = {path: f"{base}/{token}" for path, token in tokens.items()}
        return json_response(UploadEndpoints(filename_to_signed_urls=urls))

    async def validate(self, request: Request) -> Response:
        """GET models/{model}:validateUpload: makes the model READY, or says what is missing."""
        name = path_name(request)
        check_may_manage(account_of(request.scope), name.account)
        await asyncio.to_thread(self._uploads.validate, name)
        return json_response(Empty())

    async def put(self, request: Request) -> Response:
        """PUT uploads/{token}: bytes of a file, or the question how many are here."""
        token = request.path_params["token"]
        received, total = await asyncio.to_thread(self._uploads.offset, token)
        span = _span(request.headers, total)
        if isinstance(span, StatusQuestion):
            return _progress(received, total)
        body = _body(request.headers, span, total)
        if body.first not in {0, received}:
            raise ConflictError(
                f"{received} of {total} bytes have arrived: go on from there, or from 0:"
                f" {body.first}",
                param="Content-Range",
            )
        with ExitStack() as stack:
            writer = self._uploads.writer(token, body.first)
            part = await asyncio.to_thread(stack.enter_context, writer)
            async for block in _blocks(request.receive):
                await asyncio.to_thread(part.write, block)
            if part.received != body.first + body.size:
                raise InvalidRequestError(
                    f"the body must have {body.size} bytes: {part.received - body.first}"
                )
            received = await asyncio.to_thread(part.finish, body.digest)
        return _progress(received, total)


def _size(path: str, size: Any) -> int:
    """The announced size of a file: a number, or, as gRPC's JSON has it, digits in a string."""
    if isinstance(size, str) and size.isascii() and size.isdigit() and len(size) < 19:  # noqa: PLR2004 - what a 64-bit number has
        size = int(size)
    if not isinstance(size, int) or isinstance(size, bool):
        raise InvalidRequestError(
            f"filenameToSize[{quoted(path)}] must be a number of bytes: {quoted(size)}",
            param="filenameToSize",
        )
    return size


def _span(headers: Headers, total: int) -> ContentRange | StatusQuestion | None:
    """The Content-Range, of a file with this many bytes; None where there is none."""
    text = headers.get("content-range")
    if text is None:
        return None
    span = read_content_range(text)
    if span.total != total:
        raise InvalidRequestError(
            f"Content-Range: the file was announced with {total} bytes: {span.total}",
            param="Content-Range",
        )
    return span


def _body(headers: Headers, span: ContentRange | None, total: int) -> _Body:
    """What a PUT says that it brings."""
    first, size = (span.first, span.last - span.first + 1) if span else (0, total)
    length = headers.get("content-length")
    if length is not None and int(length) != size:
        raise InvalidRequestError(f"the body must have {size} bytes: {length}")
    digest = None
    if (whole := headers.get("repr-digest")) is not None:
        digest = read_sha256("Repr-Digest", whole)
    if (content := headers.get("content-digest")) is not None:
        if size != total:
            raise InvalidRequestError(
                "Content-Digest is supported with a whole file only: send Repr-Digest, the digest"
                " of the whole file, with its last part",
                param="Content-Digest",
            )
        digest = read_sha256("Content-Digest", content)
    return _Body(first, size, digest)


async def _blocks(receive: Receive) -> AsyncIterator[bytes]:
    """A body in blocks worth a write; what came before a cut first, then ClientGone."""
    collected, size, more = [], 0, True
    while more:
        message = await receive()
        gone = message["type"] == "http.disconnect"
        collected.append(message.get("body", b""))
        size += len(collected[-1])
        more = message.get("more_body", False)
        if size >= _BLOCK or (size and not more):
            yield b"".join(collected)
            collected, size = [], 0
        if gone:
            raise ClientGone


def _progress(received: int, total: int) -> Response:
    """200 for a complete file, else 308 that tells what is there."""
    if received == total:
        return json_response(Empty())
    headers = {"range": f"bytes=0-{received - 1}"} if received else {}
    return Response(status_code=_RESUME_INCOMPLETE, headers=headers)
