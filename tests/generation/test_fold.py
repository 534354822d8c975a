"""The folded reply is the sum of the events, choice by choice."""

import asyncio

from hanabi.generation.fold import FoldedChoice, fold
from hanabi.generation.text import TextEvent, TextRow


async def steps_of(*steps):
    for step in steps:
        yield list(step)


def test_choices_are_joined_in_order_of_their_index():
    rows = tuple(TextRow(text, 0, b"", 0.0, None, 0, ()) for text in "ab")
    steps = steps_of(
        [TextEvent(1, "x", (1,)), TextEvent(0, "a", (2,), rows[:1])],
        [TextEvent(0, "b", (3, 4), rows[1:], "length")],
        [TextEvent(1, "", (), (), "stop")],
    )
    assert asyncio.run(fold(steps)) == (
        FoldedChoice(0, "ab", (2, 3, 4), rows, "length"),
        FoldedChoice(1, "x", (1,), (), "stop"),
    )


def test_a_cancelled_choice_has_no_reason():
    assert asyncio.run(fold(steps_of([TextEvent(0, "x", (1,))]))) == (
        FoldedChoice(0, "x", (1,), (), None),
    )


def test_nothing_is_no_choice():
    assert asyncio.run(fold(steps_of())) == ()
