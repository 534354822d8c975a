"""Bytes of tokens to text, as they come."""

from codecs import utf_8_decode


class Detokenizer:
    """An incremental UTF-8 decoder that gives out whole characters only.

    The bytes of an unfinished character wait for the rest of it; bytes that can be no part of a
    character become U+FFFD. Everything given out, joined, is the joined bytes'
    `decode("utf-8", "replace")`, however the bytes were cut into pieces.

    Attributes:
        length: characters given out so far.
    """

    __slots__ = ("_pending", "length")

    def __init__(self) -> None:
        """Start at the beginning of a text."""
        self.length = 0
        self._pending = b""

    def add(self, piece: bytes) -> str:
        """Take a token's bytes; return the characters that are complete now."""
        joined = self._pending + piece if self._pending else piece
        text, used = utf_8_decode(joined, "replace", False)
        self._pending = joined[used:]
        self.length += len(text)
        return text

    def flush(self) -> str:
        """End the text: return what waited for bytes that will not come, as U+FFFD."""
        text = self._pending.decode("utf-8", "replace")
        self._pending = b""
        self.length += len(text)
        return text

    def offset_of(self, piece: bytes) -> int:
        """The index of the character that holds the first byte of `piece`, were it added next."""
        if not self._pending or not piece:
            return self.length
        # One character if the byte goes on with the unfinished one, two if it breaks it off.
        characters = (self._pending + piece[:1]).decode("utf-8", "replace")
        return self.length + len(characters) - 1
