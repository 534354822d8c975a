"""Whether logits depend on how tokens are cut into decodes, and on who shares them.

Two things are asked when a model is loaded. First what is known: a product or an attention that the
library computes may be summed in another order for another number of tokens, and is, now and then,
in one row of a hundred, so that trying a few would prove nothing. The kernels of our own have one
order. Then what can be tried: the same tokens, in other cuts, have to give the same bits.
"""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hanabi.engine.runner import Chunk, Runner

SECONDS = 0.2
"""The time for trying cuts, since a server starts with it. Cuts that have to be tried are, however
long they take."""


class Cut(NamedTuple):
    """One way to compute a number of tokens.

    Attributes:
        sizes: the tokens of each decode.
        slots: how many slots compute the same tokens side by side.
    """

    sizes: tuple[int, ...]
    slots: int = 1


CUTS = (
    (Cut((9,)), Cut((8, 1)), Cut((7, 1, 1), 2), Cut((1,) * 9), Cut((4, 5), 2)),
    (Cut((65,)), Cut((64, 1)), Cut((32, 33), 2), Cut((31, 31, 3))),
    (Cut((512,)), Cut((511, 1)), Cut((64,) * 8)),
)
"""Cuts of 9 tokens, of 65 and of 512: lone rows, pairs, and kernels for 8, 32, 64 or 512 rows. All
of one line have to give the same logits."""


def cuts_are_exact(
    runner: Runner, *, is_known: bool, clock: Callable[[], float] = perf_counter
) -> bool:
    """Whether every cut that is tried gives the same bits; the slots are empty before and after.

    Args:
        runner: a runner whose slots are empty, and which computes chunks as they are given.
        is_known: whether kernels of our own compute all products and attention. Then two cuts of a
            few tokens have to be tried, and others only while there is time. Otherwise there has to
            be time for those of 65 tokens too: where one row in a hundred is rounded in another
            way, a few tokens would often not show it.
        clock: seconds, by which longer cuts are left out where they would take too long.
    """
    needed = 2 if is_known else len(CUTS[0]) + len(CUTS[1])
    tried = 0
    began = clock()
    spent = 0.0
    for line in CUTS:
        tokens = _tokens(sum(line[0].sizes), runner.vocab.size)
        first: NDArray[np.float32] | None = None
        for cut in line:
            cost = len(tokens) * spent  # as many seconds as so many tokens took so far
            if tried >= 2 and clock() - began + cost > SECONDS:  # noqa: PLR2004 - told above
                return tried >= needed
            tried += 1
            if cut.slots > runner.slots or len(tokens) > runner.context_length:
                continue
            before = clock()
            rows = _last_rows(runner, tokens, cut)
            spent = (clock() - before) / (len(tokens) * cut.slots)
            first = rows[0] if first is None else first
            if any(not np.array_equal(row, first) for row in rows):
                return False
    return True


def _last_rows(runner: Runner, tokens: Sequence[int], cut: Cut) -> NDArray[np.float32]:
    """The logits after the last token, of each slot of a cut: float32 [slots, vocab]."""
    at = 0
    logits = None
    for size in cut.sizes:
        ids = tokens[at : at + size]
        logits = runner.decode([Chunk(slot, at, ids, 1) for slot in range(cut.slots)])
        at += size
    if logits is None:
        raise AssertionError
    rows = logits.copy()
    for slot in range(cut.slots):
        runner.trim(slot, 0)
    return rows


def _tokens(count: int, vocabulary: int) -> list[int]:
    """Different tokens from all over the vocabulary, always the same."""
    return [(1 + 7919 * index) % vocabulary for index in range(count)]
