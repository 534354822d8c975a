"""How far two computations of the same places are apart."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from hanabi.sampling.row import Row

BOUND = 0.05
"""Nats between logprobs beyond which a reply is wrong; less is rounding."""


class Kind(StrEnum):
    """How a scenario ended, the best first."""

    EQUAL = "equal to the bit"
    CLOSE = "within the bound"
    LEFT_OUT = "left out"
    REFUSED = "refused"
    DIFFERENT = "different"
    NOT_EXACT = "not exact where exact is claimed"
    NO_PROBABILITIES = "no usable probabilities"
    FAILED = "failed"
    CRASHED = "crashed"


PASSES = frozenset({Kind.EQUAL, Kind.CLOSE, Kind.LEFT_OUT, Kind.REFUSED})


class Outcome(msgspec.Struct, frozen=True):
    """What a scenario came to.

    Attributes:
        scenario: which.
        kind: how it ended.
        nats: the largest difference of logprobs that was seen.
        note: what else there is to say.
        seconds: how long it took.
    """

    scenario: str
    kind: Kind
    nats: float = 0.0
    note: str = ""
    seconds: float = 0.0

    @property
    def passes(self) -> bool:
        """Whether all is well."""
        return self.kind in PASSES


def distance(reference: Sequence[Row], rows: Sequence[Row]) -> float:
    """The largest difference of two logprobs of one token at one place, in nats."""
    pairs = zip(reference, rows, strict=True)
    return max((_between(first, second) for first, second in pairs), default=0.0)


def _between(first: Row, second: Row) -> float:
    """Of those tokens that both rows tell of.

    Where one row has a token that the other lacks, it is at most as likely there as the last of it.
    """
    ours, theirs = dict(first.top), dict(second.top)
    both = [abs(ours[token] - theirs[token]) for token in ours.keys() & theirs.keys()]
    lacking = [
        one[token] - min(other.values())
        for one, other in ((ours, theirs), (theirs, ours))
        for token in one.keys() - other.keys()
        if other
    ]
    return max([*both, *lacking, 0.0])


def same_tokens(reference: Sequence[int], tokens: Sequence[int]) -> int:
    """How many tokens two replies begin with in common."""
    count = 0
    for first, second in zip(reference, tokens, strict=False):
        if first != second:
            break
        count += 1
    return count
