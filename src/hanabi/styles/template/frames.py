"""What the server and a template process say to each other.

A frame is its length (4 bytes, big-endian) and a msgpack value of one of these types. No pickle:
a frame can hold nothing but data of these shapes.
"""

import msgspec


class Compile(msgspec.Struct, frozen=True, tag="compile"):
    """Server: this is the template from here on; the first frame."""

    template: str


class Render(msgspec.Struct, frozen=True, tag="render", kw_only=True):
    """Server: render the template with these variables.

    Attributes:
        messages: each with the keys `role`, `content` and perhaps `name`.
        tokens: spellings by variable (`bos_token`, `eos_token`, `unk_token`).
    """

    messages: list[dict[str, str]]
    tokens: dict[str, str]


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """Child: started and confined; what comes next is the template's own time."""


class Compiled(msgspec.Struct, frozen=True, tag="compiled"):
    """Child: the template is Jinja."""


class Rendered(msgspec.Struct, frozen=True, tag="rendered"):
    """Child: the text."""

    text: str


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The template breaks a rule or a limit, or itself refused the messages.

    Attributes:
        reason: a sentence for the client, without paths, addresses and stacks.
        line: of the template, from 1; None where no line is at fault.
    """

    reason: str
    line: int | None = None

    def __str__(self) -> str:
        """The reason, with its line in front."""
        return self.reason if self.line is None else f"line {self.line}: {self.reason}"


ToTemplate = Compile | Render
FromTemplate = Ready | Compiled | Rendered | Refused

LENGTH_BYTES = 4
"""Size of the length before each frame."""

_encoder = msgspec.msgpack.Encoder()


def frame(message: ToTemplate | FromTemplate) -> bytes:
    """A message as bytes on the socket. Raises UnicodeEncodeError for a lone surrogate."""
    body = _encoder.encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body
