"""Cuts that are tried, over a mock that rounds some of them in another way."""

import numpy as np
import pytest

from hanabi.engine.exactness import CUTS, SECONDS, cuts_are_exact
from hanabi.engine.mock import MockRunner


class Runner(MockRunner):
    """Rounds the logits of passes that `differs` names by their slots and tokens."""

    max_chunk = 512

    def __init__(self, differs=lambda _slots, _size: False, **limits):
        super().__init__(context_length=600, **limits)
        self.differs = differs
        self.passes = []
        self.is_rounded = [False] * self.slots

    def decode(self, chunks):
        size = len(chunks[0].tokens)
        self.passes.append((len(chunks), size))
        for chunk in chunks:  # what is stored differently changes all that follows
            if self.differs(len(chunks), size):
                self.is_rounded[chunk.slot] = True
        logits = super().decode(chunks)
        for row, chunk in enumerate(chunks):
            if self.is_rounded[chunk.slot]:
                logits[row] = np.nextafter(logits[row], np.float32(np.inf))
        return logits

    def trim(self, slot, length):
        super().trim(slot, length)
        if not length:
            self.is_rounded[slot] = False


@pytest.mark.parametrize("is_known", [True, False])
def test_equal_bits_are_exact(is_known):
    runner = Runner()
    assert cuts_are_exact(runner, is_known=is_known, clock=lambda: 0.0)
    assert all(not held for held in runner._held)


@pytest.mark.parametrize(
    "differs",
    [
        lambda slots, size: slots * size == 1,  # a lone row
        lambda slots, size: slots * size == 2,
        lambda slots, _: slots == 2,
        lambda _, size: size >= 32,
        lambda _, size: size >= 64,
        lambda _, size: size == 512,
    ],
)
def test_any_pass_that_rounds_otherwise_is_found(differs):
    assert not cuts_are_exact(Runner(differs), is_known=True, clock=lambda: 0.0)


def slow(seconds):
    """A clock by which each look takes so long."""
    times = iter(range(10**6))
    return lambda: next(times) * seconds


def test_long_cuts_are_left_out_where_there_is_no_time():
    runner = Runner()
    assert cuts_are_exact(runner, is_known=True, clock=slow(2 * SECONDS))
    first, second = CUTS[0][:2]
    assert runner.passes == [(1, size) for size in (*first.sizes, *second.sizes)]


def test_what_is_not_known_and_cannot_be_tried_is_not_exact():
    assert not cuts_are_exact(Runner(), is_known=False, clock=slow(2 * SECONDS))


def test_one_slot_and_a_short_context_are_tried_as_far_as_they_go():
    runner = Runner(slots=1)
    runner.context_length = 20
    assert cuts_are_exact(runner, is_known=True, clock=lambda: 0.0)
    assert max(size for _, size in runner.passes) == 9
