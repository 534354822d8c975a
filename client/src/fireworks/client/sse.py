"""Server-sent events out of bytes, however the network cut them; no input or output of its own."""

DONE = "[DONE]"
"""The data of the event that ends a stream."""

_LINE_ENDS = (b"\n", b"\r")


class SSEDecoder:
    """Reads the data of events as the HTML standard's event stream format has them.

    Lines end with LF, CR or CRLF; a line that begins with a colon is a comment; several `data`
    lines of an event are joined by LF; an empty line ends an event; other fields mean nothing
    here. An event that the end of the stream cuts off is none.
    """

    def __init__(self) -> None:
        """Begin at the start of a stream."""
        self._line = b""
        self._data: list[str] = []
        self._after_cr = False
        self._at_start = True

    def feed(self, received: bytes) -> list[str]:
        """Take the next bytes; the data of each event that they complete."""
        if self._after_cr and received:
            # The CR ended a line; an LF right behind it belongs to the same end.
            received = received.removeprefix(b"\n")
            self._after_cr = False
        if not received:
            return []
        self._after_cr = received.endswith(b"\r")
        lines = (self._line + received).splitlines(keepends=True)
        self._line = b"" if lines[-1].endswith(_LINE_ENDS) else lines.pop()
        events = []
        for line in lines:
            if line in (b"\n", b"\r", b"\r\n"):
                if self._data:
                    events.append("\n".join(self._data))
                    self._data = []
            else:
                self._read(line.rstrip(b"\r\n").decode("utf-8", errors="replace"))
            self._at_start = False
        return events

    def _read(self, line: str) -> None:
        """Take a line that is not empty."""
        if self._at_start:
            line = line.removeprefix("\ufeff")
        field, _, value = line.partition(":")
        if field == "data":
            self._data.append(value.removeprefix(" "))
