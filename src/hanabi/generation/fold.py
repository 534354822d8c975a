"""The whole reply at once: the streamed one, joined."""

from collections.abc import AsyncIterable

import msgspec

from hanabi.generation.events import FinishReason
from hanabi.generation.text import TextEvent, TextRow


class FoldedChoice(msgspec.Struct, frozen=True):
    """The sum of a choice's text events.

    Attributes:
        index: the choice index.
        text: all its text.
        token_ids: all its tokens (with echo: the prompt's first).
        rows: one for each of `token_ids`, when logprobs were asked for.
        finish_reason: why it ended; None when it was cancelled before.
    """

    index: int
    text: str
    token_ids: tuple[int, ...]
    rows: tuple[TextRow, ...]
    finish_reason: FinishReason | None


async def fold(steps: AsyncIterable[list[TextEvent]]) -> tuple[FoldedChoice, ...]:
    """Join the events of a generation; choices come in the order of their index."""
    events_of: dict[int, list[TextEvent]] = {}
    async for step in steps:
        for event in step:
            events_of.setdefault(event.index, []).append(event)
    return tuple(_joined(index, events_of[index]) for index in sorted(events_of))


def _joined(index: int, events: list[TextEvent]) -> FoldedChoice:
    """One choice out of its events."""
    return FoldedChoice(
        index,
        "".join(event.text for event in events),
        tuple(token for event in events for token in event.token_ids),
        tuple(row for event in events for row in event.rows),
        events[-1].finish_reason,
    )
