"""One client's connection: uvicorn's protocol, with limits on what comes in and on how slowly."""

from typing import Any, Literal, NoReturn

from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from hanabi.api.errors import error_body
from hanabi.errors import (
    HanabiError,
    HeadTooLargeError,
    InvalidRequestError,
    RequestTimeoutError,
)


class ConnectionLimits(Struct, frozen=True, kw_only=True):
    """What a client may keep a connection with; times are in seconds.

    Attributes:
        head_bytes: the most bytes of a request's line and headers; and of a body's framing and
            trailers between two bytes of the body itself.
        headers: the most headers of a request.
        head_seconds: from the first byte of a request to the end of its headers.
        body_seconds: without a byte of a body that is awaited.
        reply_seconds: without a byte read of a reply that is there.
        linger_seconds: that the rest of a refused request is read, and dropped: closed at once, a
            client that still sends would see a broken connection instead of the reason.
    """

    head_bytes: int = 64 * 1024
    headers: int = 100
    head_seconds: float = 10
    body_seconds: float = 30
    reply_seconds: float = 60
    linger_seconds: float = 5


class Connection(HttpToolsProtocol):
    """Refuses what is over a limit as soon as it is; `check` has to be called once a second.

    The parser holds what has come of a header without a limit of its own, so that the bytes that
    it was fed since it last gave something out are counted here.
    """

    limits = ConnectionLimits()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what uvicorn gives a protocol."""
        super().__init__(*args, **kwargs)
        self._receiving: Literal["nothing", "head", "body"] = "nothing"
        self._fed = 0
        self._refusal: HanabiError | None = None
        self._unsent = 0
        self._since = self._last_read = self.loop.time()

    def check(self, now: float) -> None:
        """Close the connection if its client has been too slow; `now` is the event loop's time."""
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent < self._unsent:
            self._last_read = now
        self._unsent = unsent
        if now - self._last_read > self.limits.reply_seconds:
            self.transport.abort()
        elif not self.transport.is_closing():
            self._check_request(now)

    def _check_request(self, now: float) -> None:
        """Close the connection if a request, or what is left of it, is too slow to come."""
        waited, limits = now - self._since, self.limits
        answered = self.cycle is None or self.cycle.response_complete
        if self._refusal is not None or (answered and self._receiving == "body"):
            if waited > limits.linger_seconds:
                self.transport.close()
        elif self._receiving == "head":
            if waited > limits.head_seconds:
                self._refuse(_too_slow("The headers of a request must come", limits.head_seconds))
        elif answered:
            if waited > self.timeout_keep_alive:
                self.transport.close()
        elif self._receiving == "body":
            if self.flow.read_paused:  # by ourselves: what came is not yet used up
                self._since = now
            elif waited > limits.body_seconds:
                self._refuse(
                    _too_slow("The next byte of a request body must come", limits.body_seconds)
                )

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol: feed the parser, no more than the limit at once."""
        most = self.limits.head_bytes
        for start in range(0, len(data), most):
            if self._refusal is not None or self.transport.is_closing():
                return
            part = data[start : start + most]
            self._fed += len(part)
            super().data_received(part)
            if self._fed > most and self._refusal is None:
                self._refuse(_too_large(most))

    def on_message_begin(self) -> None:
        """Part of the parser's protocol: the first byte of a request has come."""
        self._receiving = "head"
        self._since = self.loop.time()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Part of the parser's protocol: a header, or a trailer, which nobody here wants."""
        if self._receiving != "head":
            return
        if len(self.headers) >= self.limits.headers:
            self._stop(
                HeadTooLargeError(f"A request may have at most {self.limits.headers} headers")
            )
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Part of the parser's protocol: the head of a request is whole."""
        if self._fed > self.limits.head_bytes:
            self._stop(_too_large(self.limits.head_bytes))
        self._came("body")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Part of the parser's protocol: some bytes of a body."""
        self._fed = 0
        if not self.cycle.response_complete:
            self._since = self.loop.time()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Part of the parser's protocol: a request is whole."""
        self._came("nothing")
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Part of uvicorn's protocol: the reply is written; the next request may come."""
        if self._receiving != "head":  # a head that is under way keeps its own time
            self._since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's sentence has no reason
        """Part of uvicorn's protocol: answer what is no HTTP, or over a limit."""
        self._refuse(self._refusal or InvalidRequestError("The request is not valid HTTP/1.1"))

    def _came(self, receiving: Literal["nothing", "head", "body"]) -> None:
        """Note that the parser gave something out, and what it reads next."""
        self._receiving = receiving
        self._fed = 0
        self._since = self.loop.time()

    def _stop(self, error: HanabiError) -> NoReturn:
        """Stop the parser, which is calling; `send_400_response` comes next."""
        self._refusal = error
        raise error

    def _refuse(self, error: HanabiError) -> None:
        """Answer with an error, if no reply is under way, and read no further request."""
        self._refusal = error
        self._since = self.loop.time()
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if cycle.response_started:
                self.transport.abort()
                return
            cycle.disconnected = True  # for the app, its client has gone
            cycle.message_event.set()
        body = error_body(error, "")
        head = [
            *self.server_state.default_headers,
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
        lines = b"".join(b"%b: %b\r\n" % header for header in head)
        self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[error.status], lines, body))
        if self.transport.can_write_eof():
            self.transport.write_eof()


def _too_large(most: int) -> HeadTooLargeError:
    return HeadTooLargeError(
        f"The request line and the headers may have at most {most} bytes together"
    )


def _too_slow(rule: str, seconds: float) -> RequestTimeoutError:
    return RequestTimeoutError(f"{rule} within {seconds:g} seconds")
