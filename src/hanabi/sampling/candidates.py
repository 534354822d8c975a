"""The tokens that can still be drawn, with their scores."""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

_BLOCK = 256
_LEAST_TEMPERATURE = float(np.finfo(np.float32).tiny)


class Candidates(msgspec.Struct, frozen=True, eq=False):
    """A distribution over some of the tokens.

    Attributes:
        ids: the token ids [n]; None for the whole vocabulary in its order.
        scores: [n], float32, log-probabilities up to a common constant; the greatest of the
            vocabulary is 0.0.
    """

    ids: NDArray[np.intp] | None
    scores: NDArray[np.float32]

    def only(self, kept: NDArray[np.intp]) -> "Candidates":
        """Narrow to the positions `kept`, in their order."""
        ids = kept if self.ids is None else self.ids[kept]
        return Candidates(ids, self.scores[kept])

    def probabilities(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return token ids [n] and their probabilities [n], which sum to 1, as new arrays."""
        ids = np.arange(self.scores.size) if self.ids is None else self.ids.copy()
        weights = np.exp(self.scores.astype(np.float64))
        return ids, weights / weights.sum()

    def draw(self, uniform: float) -> tuple[int, float]:
        """Turn a number of [0, 1) into a token and its natural log-probability.

        Inverse of the cumulative distribution in the candidates' order: the first token at which
        the sum of probabilities exceeds `uniform`. A token of probability 0 is never drawn. The
        sums are float64, and made block-wise: only the block that is hit is summed token by token.
        """
        weights = np.exp(self.scores)
        starts = np.arange(0, weights.size, _BLOCK)
        ends = np.add.reduceat(weights, starts, dtype=np.float64).cumsum()
        total = float(ends[-1])
        mass = uniform * total
        block = _first_above(ends, mass)
        if block:
            mass -= float(ends[block - 1])
        start = block * _BLOCK
        position = start + _first_above(
            weights[start : start + _BLOCK].cumsum(dtype=np.float64), mass
        )
        token = position if self.ids is None else int(self.ids[position])
        return token, float(self.scores[position]) - math.log(total)


def scored(logits: NDArray[np.float32], temperature: float) -> Candidates:
    """Return the whole vocabulary with the scores (logit - greatest logit) / temperature.

    `logits` [vocab] are not changed; their greatest is finite. `temperature` is greater than 0.
    """
    with np.errstate(over="ignore"):  # towards -inf, which is a weight of 0 as it should be
        scores = logits - logits.max()
        # What float32 would round to 0 acts like its least number: 0 / it is 0, the rest -inf.
        scores /= max(temperature, _LEAST_TEMPERATURE)
    return Candidates(None, scores)


def _first_above(sums: NDArray[np.float64], mass: float) -> int:
    """Return the first index whose ascending sum exceeds `mass`, which rounding may have lifted."""
    highest = math.nextafter(float(sums[-1]), 0.0)
    return int(sums.searchsorted(min(mass, highest), side="right"))
