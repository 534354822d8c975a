"""Keeps what a user wrote from becoming a control token on its way through a template.

A template's output is one text. Before rendering, a mark is put into every spelling of a control
token in the messages, and between a message and the template's text where the two could make one
up together; the mark is a character that occurs nowhere else. After rendering, the spellings that
are whole are the template's own. Then the marks are dropped.
"""

import itertools
import re
from collections.abc import Collection, Iterable, Sequence

import msgspec

from hanabi.styles.style import Control, Segment, Text

_NONCHARACTERS = range(0xFDD0, 0xFDF0)
"""Of no use in texts, by the Unicode standard; tried first."""

_PRIVATE = range(0xF0000, 0x110000)
"""Planes 15 and 16, for private use."""

_START = 4
"""Characters that many spellings of a vocabulary share."""


class Guard(msgspec.Struct, frozen=True):
    """The mark of one rendering, and what it keeps apart.

    Attributes:
        mark: a character that is in no text of the rendering.
        spellings: of the control tokens, of two characters or more; the longest first.
        spelled: the same in lower case, between marks, for searching.
        typed: those that the messages hold in upper or lower case, as a pattern; None: none.
    """

    mark: str
    spellings: tuple[str, ...]
    spelled: str
    typed: re.Pattern[str] | None

    def content(self, text: str) -> str:
        """A content or a name with its marks."""
        return self._marked(text, inside=True)

    def role(self, text: str) -> str:
        """A role with its marks: one (`user`) that a template puts into a spelling it may."""
        return self._marked(text, inside=False)

    def cut(self, rendered: str) -> tuple[Segment, ...]:
        """Cut a rendered text at its control tokens, and drop the marks."""
        present = _present(self.spellings, rendered)
        pieces = re.split(f"({_any_of(present)})", rendered) if present else [rendered]
        segments: list[Segment] = []
        for index, piece in enumerate(pieces):
            if index % 2:
                segments.append(Control(piece))
            elif text := piece.replace(self.mark, ""):
                segments.append(Text(text))
        return tuple(segments)

    def _marked(self, text: str, *, inside: bool) -> str:
        """Break whole spellings after their first characters, and fence ends that could join.

        The fences stand within the white space around the text, since templates trim.
        """
        if self.typed is not None:
            text = self.typed.sub(rf"\g<1>{self.mark}", text)
        core = text.strip()
        if not core:
            return text
        before, after = text.split(core, 1)
        low = core.lower()
        front = self.mark if self._ends_one(low) or (inside and low in self.spelled) else ""
        back = self.mark if self._begins_one(low) else ""
        return f"{before}{front}{core}{back}{after}"

    def _ends_one(self, text: str) -> bool:
        """Whether the text starts with the end of a spelling."""
        for size in range(1, len(text) + 1):
            start = text[:size]
            if start not in self.spelled:
                return False
            if start + self.mark in self.spelled:
                return True
        return False

    def _begins_one(self, text: str) -> bool:
        """Whether the text ends with the start of a spelling."""
        for size in range(1, len(text) + 1):
            end = text[-size:]
            if end not in self.spelled:
                return False
            if self.mark + end in self.spelled:
                return True
        return False


def make_guard(
    spellings: Collection[str], messages: Collection[str], others: Iterable[str]
) -> Guard | None:
    """A guard for a rendering; None where no character is left for a mark.

    Args:
        spellings: the control tokens of the weights. One of a single character is left out: it
            cannot be told from a user's.
        messages: all that a client or a model's maker wrote as messages.
        others: all other texts of the rendering.
    """
    used = set().union(*spellings, *messages, *others)
    free = (chr(code) for code in itertools.chain(_NONCHARACTERS, _PRIVATE))
    mark = next((character for character in free if character not in used), None)
    if mark is None:
        return None
    kept = sorted((each for each in spellings if len(each) > 1), key=len, reverse=True)
    lowered = [spelling.lower() for spelling in kept]
    typed = _present(lowered, mark.join(messages).lower())
    return Guard(
        mark=mark,
        spellings=tuple(kept),
        spelled=mark.join(["", *lowered, ""]),
        # Looks ahead, so that spellings which overlap are found too.
        typed=re.compile(f"(?={_any_of(typed)})(.)", re.IGNORECASE | re.DOTALL) if typed else None,
    )


def _present(spellings: Sequence[str], text: str) -> list[str]:
    """Those that stand in the text. Many begin alike (`<|reserved_`), which is looked for first."""
    starts = {start for start in {each[:_START] for each in spellings} if start in text}
    return [each for each in spellings if each[:_START] in starts and each in text]


def _any_of(spellings: Iterable[str]) -> str:
    """A pattern of these texts, the first of them that fits."""
    return "|".join(map(re.escape, spellings))
