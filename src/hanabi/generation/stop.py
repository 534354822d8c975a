"""Finds stop strings in text that comes in pieces."""


class StopMatcher:
    """Gives text out again until a stop string is complete, and nothing of that string.

    The stop string that is complete first ends the text; of several that end at the same
    character the longest is meant, so that no part of it is left over. In terms of the whole text:

        end = min(text.find(s) + len(s) for s in stop if s in text)
        cut = end - max(len(s) for s in stop if text[:end].endswith(s))

    Looking for the earliest end, not the earliest start, lets a text end with the very character
    that completes a stop string, while another one that began before it may still be open; and
    the result is the same however the text is cut into pieces. Held back is only the longest end
    of the text that is the beginning of a stop string.

    Attributes:
        matched: whether a stop string was found; no text comes out after that.
    """

    __slots__ = ("_first_characters", "_held", "_longest", "_stop", "matched")

    def __init__(self, stop: tuple[str, ...]) -> None:
        """Take the stop strings, none of them empty."""
        self.matched = False
        self._stop = stop
        self._longest = max(map(len, stop))
        self._first_characters = frozenset(string[0] for string in stop)
        self._held = ""

    def add(self, piece: str) -> str:
        """Take more text; return what is certainly not part of a stop string."""
        if self.matched:
            return ""
        text = self._held + piece if self._held else piece
        cut = self._find(text)
        if cut is None:
            cut = self._open_from(text)
            self._held = text[cut:]
        else:
            self.matched = True
            self._held = ""
        return text[:cut]

    def flush(self) -> str:
        """End the text: return what was held back for a stop string that did not come."""
        text, self._held = self._held, ""
        return text

    def _find(self, text: str) -> int | None:
        """Where the stop string that is complete first begins."""
        ends = [start + len(s) for s in self._stop if (start := text.find(s)) >= 0]
        if not ends:
            return None
        end = min(ends)
        return end - max(len(s) for s in self._stop if text.endswith(s, 0, end))

    def _open_from(self, text: str) -> int:
        """Where the longest end of `text` begins that is the beginning of a stop string."""
        for start in range(max(0, len(text) - self._longest + 1), len(text)):
            if text[start] in self._first_characters:
                end = text[start:]
                if any(string.startswith(end) for string in self._stop):
                    return start
        return len(text)
