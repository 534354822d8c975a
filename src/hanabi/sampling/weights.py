"""What tokens weigh in a draw, and sums of it."""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

_BLOCK = 64
"""Few enough that adding them in float32 loses less than exp itself, which is float32 as well."""

_SMALL = 1024
"""As many are summed without blocks."""

_ROUNDING = 1e-3
_FEW = (1 << 10, 1 << 14)


class Weights(msgspec.Struct, frozen=True, eq=False):
    """The weights of tokens: their probabilities times a common constant.

    Attributes:
        values: [n], float32, 0 or more; n is at least 1, and one of them is greater than 0.
        block: 1 or more.
        sums: [n / block, rounded up], float64, the sums of `values` in blocks of that size.
        total: the sum of all.
    """

    values: NDArray[np.float32]
    block: int
    sums: NDArray[np.float64]
    total: float

    def heaviest(self, p: float) -> NDArray[np.intp]:
        """Return the positions of all weights above a floor, which sum to p of the total or more.

        In the order given; at least one. `p` is 0 to 1. The floor is at most what the least
        weight of the shortest such run weighs, so that the run can be looked for among these.

        Weights below (1 - p) / n of the total sum to less than 1 - p of it, so the others reach p
        without them. Nearly always a model's distribution is so peaked that the same is true of a
        small count in place of n, which leaves far fewer: that is tried first.
        """
        total, values = self.total, self.values
        for count in _FEW:
            if count >= values.size:
                break
            kept = np.flatnonzero(values >= total * (1.0 - p) / count)
            # The margin keeps rounding from ending it short of p; p = 0 must keep one.
            wanted = total * min(p * (1.0 + _ROUNDING), (1.0 + p) / 2)
            if float(values[kept].sum(dtype=np.float64)) > wanted:
                return kept
        # The margin keeps rounding from pushing out a token that lies on the floor.
        return np.flatnonzero(values >= total * (1.0 - p) / values.size * (1.0 - _ROUNDING))

    def at(self, uniform: float) -> int:
        """Return the first position at which the sum exceeds `uniform`, of [0, 1), of the total.

        The weight there is greater than 0. Only the block that is hit is summed one by one.
        """
        mass = uniform * self.total
        ends = self.sums.cumsum()
        hit = _first_above(ends, mass)
        if self.block == 1:
            return hit
        if hit:
            mass -= float(ends[hit - 1])
        start = hit * self.block
        values = self.values[start : start + self.block]
        return start + _first_above(values.cumsum(dtype=np.float64), mass)


def weights_of(scores: NDArray[np.float32]) -> Weights:
    """Return the weights exp(score) of `scores` [n], of which the greatest is 0.0."""
    values = np.exp(scores)
    if values.size <= _SMALL:
        sums = values.astype(np.float64)
        return Weights(values, 1, sums, float(sums.sum()))
    whole = values.size // _BLOCK
    sums = np.empty(-(-values.size // _BLOCK))
    # Not reduceat or a sum over an axis, which take twice to thrice as long on so short rows.
    sums[:whole] = np.einsum("ij->i", values[: whole * _BLOCK].reshape(whole, _BLOCK))
    if whole < sums.size:
        sums[whole] = values[whole * _BLOCK :].sum()
    return Weights(values, _BLOCK, sums, float(sums.sum()))


def _first_above(sums: NDArray[np.float64], mass: float) -> int:
    """Return the first index whose ascending sum exceeds `mass`, which rounding may have lifted."""
    highest = math.nextafter(float(sums[-1]), 0.0)
    return int(sums.searchsorted(min(mass, highest), side="right"))
