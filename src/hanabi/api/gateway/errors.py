"""The gateway's error replies have the shape of gRPC's (api.md, section 2.5)."""

from starlette.responses import Response

from hanabi.api.errors import error_headers
from hanabi.api.json_response import json_response
from hanabi.errors import FailedPreconditionError, HanabiError
from hanabi.protocol.gateway import GatewayError

_INTERNAL = 13
_FAILED_PRECONDITION = 9
_CODES = {
    400: 3,  # INVALID_ARGUMENT
    401: 16,  # UNAUTHENTICATED
    403: 7,  # PERMISSION_DENIED
    404: 5,  # NOT_FOUND
    409: 6,  # ALREADY_EXISTS
    412: 9,  # FAILED_PRECONDITION
    413: 3,  # INVALID_ARGUMENT
    429: 8,  # RESOURCE_EXHAUSTED
    503: 14,  # UNAVAILABLE
}
"""From HTTP statuses to the numbers of gRPC's status codes."""


def gateway_error_response(error: Exception, request_id: str) -> Response:
    """The whole reply for an exception."""
    if not isinstance(error, HanabiError):
        error = HanabiError(
            f"The server failed to answer this request; its log has the reason: {request_id}"
        )
    code = _CODES.get(error.status, _INTERNAL)
    if isinstance(error, FailedPreconditionError):
        code = _FAILED_PRECONDITION
    body = GatewayError(code=code, message=error.message)
    return json_response(body, error.status, error_headers(error))
