"""From exceptions to error replies: the bodies of api.md, section 2.5."""

import logging
from collections.abc import Callable

import msgspec
from msgspec import UNSET
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hanabi.api.client import ClientGone
from hanabi.api.request_id import request_id
from hanabi.errors import (
    AuthenticationError,
    BodyTooLargeError,
    HanabiError,
    OverloadedError,
    RateLimitedError,
    UnavailableError,
)
from hanabi.protocol.replies import ErrorBody, ErrorReply

log = logging.getLogger(__name__)

Answer = Callable[[Exception, str], Response]
"""Makes the whole reply for an exception of the request with an id."""


class ErrorReplies:
    """Turns what an app raises into replies; the innermost reason never leaves the server."""

    def __init__(self, app: ASGIApp, answer: Answer | None = None) -> None:
        """Take the app whose exceptions are answered, and how: as `error_response` does."""
        self._app = app
        self._answer = answer or error_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app and answer its exception, unless an answer is already under way."""
        started = complete = False

        async def watched_send(message: Message) -> None:
            nonlocal started, complete
            started = True
            complete = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except ClientGone:
            return
        except Exception as error:
            if not isinstance(error, HanabiError | HTTPException):
                log.exception("request %s failed", request_id(scope))
            if started and not complete:
                raise
            if not started:
                await self._answer(error, request_id(scope))(scope, receive, send)


def error_response(error: Exception, request_id: str) -> Response:
    """The whole reply for an exception."""
    if isinstance(error, HTTPException):
        detail = msgspec.json.encode({"detail": error.detail})
        return Response(detail, error.status_code, error.headers, "application/json")
    status = error.status if isinstance(error, HanabiError) else HanabiError.status
    body = error_body(error, request_id)
    return Response(body, status, error_headers(error), "application/json")


def error_body(error: Exception, request_id: str) -> bytes:
    """The JSON of an exception's reply; also what a stream that breaks ends with."""
    if not isinstance(error, HanabiError):
        error = HanabiError(
            f"The server failed to answer this request; its log has the reason: {request_id}"
        )
    if error.type == "error":
        body = ErrorBody(
            message=error.message, param=error.param, code=error.code or UNSET, type=error.type
        )
    else:
        body = ErrorBody(
            object="error",
            type=error.type,
            code=error.code or UNSET,
            message=error.message,
            param=error.param or UNSET,
        )
    named = isinstance(error, AuthenticationError)
    return msgspec.json.encode(ErrorReply(error=body, request_id=request_id if named else UNSET))


def error_headers(error: Exception) -> dict[str, str]:
    """The headers that an exception's reply has beside its body."""
    if isinstance(error, OverloadedError | UnavailableError) and error.retry_after is not None:
        return {"retry-after": str(error.retry_after)}
    if isinstance(error, RateLimitedError):
        return {"retry-after": str(error.retry_after), **error.headers}
    if isinstance(error, AuthenticationError):
        return {"www-authenticate": "Bearer"}
    if isinstance(error, BodyTooLargeError):
        return {"connection": "close"}  # what is left of the body is not read
    return {}
