"""The exception tree: what a client did wrong or what befell the server, with its HTTP answer.

HanabiError
 +-- InvalidRequestError        400  the request breaks a rule of the contract
 |    +-- UnknownFieldError     400  a field that the contract does not have
 +-- FailedPreconditionError    400  something has to be done first, such as an upload
 +-- AuthenticationError        401  no key, or one that is not ours
 +-- PermissionDeniedError      403  a good key that may not do this
 +-- NotFoundError              404  no such thing
 |    +-- ModelNotFoundError    404  no such model, or not for this key
 +-- RequestTimeoutError        408  the request is too slow to come
 +-- ConflictError              409  the name is taken, or the thing is immutable
 +-- UnusableModelError         412  the model's weights cannot be run, however often it is tried
 +-- BodyTooLargeError          413  the request body is over the limit
 +-- HeadTooLargeError          431  the request line and the headers are over the limit
 +-- OverloadedError            429  the queue is full; come back after `retry_after` seconds
 +-- RateLimitedError           429  a limit of the key is reached; likewise
 +-- UnavailableError           503  not now: loading failed, draining
      +-- EngineCrashedError    503  the model's engine process died while it worked on this

Wire bodies are written by `hanabi.api.errors`; the shapes are in api.md, section 2.5.
"""

from collections.abc import Mapping


class HanabiError(Exception):
    """An error with an HTTP answer.

    Attributes:
        status: the HTTP status.
        type: the `type` of the error body.
        code: the `code` of the error body, or None to leave the key out.
        message: the sentence for the person who sent the request: the rule, the limit, the value.
        param: the field that is at fault as a path (`messages[2].role`), or None.
    """

    status: int = 500
    type: str = "server_error"
    code: str | None = "INTERNAL"

    def __init__(self, message: str, *, param: str | None = None) -> None:
        """Take the sentence that the client reads, and the field that it is about."""
        super().__init__(message)
        self.message = message
        self.param = param


class InvalidRequestError(HanabiError):
    """The request breaks a rule of the contract; the message states rule, limit and value."""

    status = 400
    type = "invalid_request_error"
    code = "invalid_request_error"


class UnknownFieldError(InvalidRequestError):
    """The request has a field that the contract does not have."""


class FailedPreconditionError(HanabiError):
    """The request is right, but something has to be done first; the message says what."""

    status = 400
    type = "invalid_request_error"
    code = "FAILED_PRECONDITION"


class AuthenticationError(HanabiError):
    """No API key was sent, or one that this server did not issue."""

    status = 401
    type = "error"
    code = "UNAUTHORIZED"


class PermissionDeniedError(HanabiError):
    """The API key is good, but not for this."""

    status = 403
    type = "error"
    code = "FORBIDDEN"


class NotFoundError(HanabiError):
    """There is no such thing."""

    status = 404
    type = "error"
    code = "NOT_FOUND"


class ModelNotFoundError(NotFoundError):
    """There is no such model, or not for this key: which of the two is not told."""

    def __init__(self, message: str = "", *, param: str | None = "model") -> None:
        """Take the sentence; Fireworks' own is the default."""
        super().__init__(
            message or "Model not found, inaccessible, and/or not deployed", param=param
        )


class RequestTimeoutError(HanabiError):
    """The request is too slow to come; the connection is closed."""

    status = 408
    type = "invalid_request_error"
    code = "request_timeout"


class ConflictError(HanabiError):
    """The name is taken, or the thing cannot change any more."""

    status = 409
    type = "error"
    code = "ALREADY_EXISTS"


class UnusableModelError(HanabiError):
    """The model's weights cannot be run here, and no other try will change that."""

    status = 412
    type = "invalid_request_error"
    code = "MODEL_UNUSABLE"


class BodyTooLargeError(HanabiError):
    """The request body is over the limit."""

    status = 413
    type = "invalid_request_error"
    code = "request_too_large"


class HeadTooLargeError(HanabiError):
    """The request line and the headers are over the limit."""

    status = 431
    type = "invalid_request_error"
    code = "request_header_fields_too_large"


class OverloadedError(HanabiError):
    """The queue is full.

    Attributes:
        retry_after: seconds after which it is worth asking again, for the `Retry-After` header.
    """

    status = 429
    type = "rate_limit_error"
    code = "overloaded"

    def __init__(self, message: str, *, retry_after: int) -> None:
        """Take the sentence and the seconds to wait."""
        super().__init__(message)
        self.retry_after = retry_after


class RateLimitedError(HanabiError):
    """A limit of the API key is reached.

    Attributes:
        limit: which one, such as `requests per minute`.
        retry_after: seconds after which it is worth asking again, for the `Retry-After` header.
        headers: what the reply says of the key's limits.
    """

    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"

    def __init__(
        self, message: str, *, limit: str, retry_after: int, headers: Mapping[str, str]
    ) -> None:
        """Take the sentence, the limit's name, the seconds to wait, and the headers."""
        super().__init__(message)
        self.limit = limit
        self.retry_after = retry_after
        self.headers = headers


class UnavailableError(HanabiError):
    """The server cannot answer this now: a model failed to load, or it is shutting down.

    Attributes:
        retry_after: seconds after which it is worth asking again, or None where that is unknown.
    """

    status = 503
    type = "server_error"
    code = "UNAVAILABLE"

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        """Take the sentence and, where known, the seconds to wait."""
        super().__init__(message)
        self.retry_after = retry_after


class EngineCrashedError(UnavailableError):
    """The model's engine process died while it worked on this request; it is being restarted."""

    code = "ENGINE_CRASHED"
