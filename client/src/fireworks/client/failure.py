"""Replies that tell of a failure, made into errors."""

import json
from collections.abc import Mapping
from typing import Any

from fireworks.client.error import (
    APIError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadGatewayError,
    ConflictError,
    InternalServerError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServiceUnavailableError,
    UnprocessableEntityError,
)

_BY_STATUS: Mapping[int, type[APIError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: APITimeoutError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    502: BadGatewayError,
    503: ServiceUnavailableError,
}


def status_error(status: int, headers: Mapping[str, str], body: bytes) -> APIError:
    """The error of a reply whose status is none of success."""
    text = body.decode("utf-8", errors="replace")
    try:
        content = json.loads(text)
    except ValueError:
        content = text
    default = InternalServerError if status >= 500 else APIStatusError  # noqa: PLR2004 - of HTTP
    return _error(_BY_STATUS.get(status, default), content, headers, status)


def event_error(event: Mapping[str, Any], headers: Mapping[str, str]) -> APIError:
    """The error of an event that ends a stream before its time."""
    return _error(APIError, event, headers, None)


def _error(
    kind: type[APIError], content: Any, headers: Mapping[str, str], status: int | None
) -> APIError:
    """Find out of a body what it says; servers and what stands before them have many forms."""
    outer = content if isinstance(content, dict) else {}
    inner = outer.get("error") or outer.get("fault") or outer.get("detail") or outer
    fields = inner if isinstance(inner, dict) else {}
    message = fields.get("message") or fields.get("faultstring") or inner or content
    if not isinstance(message, str) or message.lstrip()[:1] in {"", "<"}:  # "<": a proxy's HTML
        message = "The server replied without a message that can be read"
    code = fields.get("code")
    return kind(
        message.strip(),
        status_code=status,
        code=None if code is None else str(code),
        param=fields.get("param"),
        type=fields.get("type"),
        request_id=headers.get("x-request-id") or outer.get("request_id"),
        body=content,
        headers=headers,
    )
