"""What goes wrong, as one tree. The early client's names and openai's both work.

FireworksError                          a setting that cannot be: no key, a bad address
 +-- APIError                           the API failed; in a stream, an error event
      +-- APIConnectionError            no connection, or it was lost
      |    +-- APITimeoutError     408  nothing came in time
      |         +-- ConnectTimeoutError  no connection in time; tried again, unlike others
      +-- APIResponseValidationError    the reply is not what the API promises
      +-- APIStatusError           ...  any other status of 400 or more
           +-- InvalidRequestError 400  = BadRequestError
           |    +-- NotFoundError  404
           |    +-- UnprocessableEntityError 422
           +-- AuthenticationError 401
           +-- PermissionDeniedError 403  = PermissionError
           +-- ConflictError       409
           +-- RateLimitError      429
           +-- InternalServerError 5xx
                +-- BadGatewayError 502
                +-- ServiceUnavailableError 503

The early client raised InvalidRequestError for 404 too, hence the place of NotFoundError.
"""

from collections.abc import Mapping
from typing import Any


class FireworksError(Exception):
    """The root of the tree. `str(error)` is the message with status, code, param and request id.

    Attributes:
        message: the sentence for a person, as the server wrote it where it wrote one.
        status_code: the HTTP status; None where no reply came, or a stream broke after its start.
        code: the server's name for what went wrong.
        param: the field of the request that is at fault.
        type: the server's family of errors.
        request_id: the server's name for the request, to be found in its log.
        body: the reply's body: JSON where it is JSON, otherwise text.
        headers: the reply's headers.
    """

    def __init__(  # noqa: PLR0913 - all but the message are optional, and given by name
        self,
        message: str,
        *,
        status_code: int | None = None,
        code: str | None = None,
        param: str | None = None,
        type: str | None = None,  # noqa: A002 - the wire's name
        request_id: str | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Take the sentence and what is known beside it."""
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.code = code
        self.param = param
        self.type = type
        self.request_id = request_id
        self.body = body
        self.headers = headers or {}

    def __str__(self) -> str:
        """The message, then in brackets what helps to find the cause."""
        details = {
            "HTTP": self.status_code,
            "code": self.code,
            "param": self.param,
            "request": self.request_id,
        }
        known = ", ".join(f"{name} {value}" for name, value in details.items() if value is not None)
        return f"{self.message} [{known}]" if known else self.message


class APIError(FireworksError):
    """The API failed. Of this class itself: an error event inside a stream."""


class APIConnectionError(APIError):
    """The server could not be reached, or the connection was lost."""


class APITimeoutError(APIConnectionError):
    """Nothing came within the timeout; also a reply of status 408."""


class ConnectTimeoutError(APITimeoutError):
    """No connection came about within the timeout."""


class APIResponseValidationError(APIError):
    """The reply is not what the API promises, such as invalid JSON."""


class APIStatusError(APIError):
    """A reply whose status says that it failed."""


class InvalidRequestError(APIStatusError):
    """400: the request breaks a rule; the message says which."""


class NotFoundError(InvalidRequestError):
    """404: no such model, or no such route."""


class UnprocessableEntityError(InvalidRequestError):
    """422: as 400, of other servers of this API."""


class AuthenticationError(APIStatusError):
    """401: no key, or not one of this server's."""


class PermissionDeniedError(APIStatusError):
    """403: a good key that may not do this."""


class ConflictError(APIStatusError):
    """409: it clashes with what there is."""


class RateLimitError(APIStatusError):
    """429: too much at once; `headers["retry-after"]` says when to come back."""


class InternalServerError(APIStatusError):
    """500 and above: the server failed."""


class BadGatewayError(InternalServerError):
    """502: what stands before the server could not reach it."""


class ServiceUnavailableError(InternalServerError):
    """503: not now."""


BadRequestError = InvalidRequestError
PermissionError = PermissionDeniedError  # noqa: A001 - the early client's name
