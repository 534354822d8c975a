"""One message of a conversation."""

import msgspec


class Message(msgspec.Struct, frozen=True):
    """A message as a style sees it: content parts are already joined to one string."""

    role: str
    content: str
    name: str | None = None
