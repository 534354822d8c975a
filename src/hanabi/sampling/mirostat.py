"""Mirostat v2: keeps the surprise of the text near a target."""

import math

import numpy as np
from numpy.typing import NDArray

from hanabi.sampling.weights import Weights, weights_of

_LN2 = math.log(2.0)


class Mirostat:
    """The state of mirostat v2 for one choice.

    Basu et al. 2020, arXiv:2007.14966, in the second, simpler form of its authors, which
    llama.cpp's `mirostat_v2` has too: keep the tokens whose surprise -log2(p) is at most mu, draw
    from them by their renormalised probabilities, and move mu against the error of the surprise
    seen, mu -= rate * (-log2(p_drawn) - target), where p_drawn is the renormalised probability.

    Attributes:
        mu: the greatest surprise, in bits, that may be drawn now; starts at twice the target.
    """

    def __init__(self, target: float, rate: float) -> None:
        """Take the surprise to aim at, in bits (tau), and the learning rate (eta)."""
        self.mu = 2.0 * target
        self._target = target
        self._rate = rate

    def kept(self, scores: NDArray[np.float32], weights: Weights | None = None) -> NDArray[np.intp]:
        """Return the positions of the tokens that may be drawn, in the order given.

        `scores` and `weights` are those of hanabi.sampling.filters. Where even the most likely
        token is too surprising it stays alone, and of equals the first.
        """
        total = (weights_of(scores) if weights is None else weights).total
        # -log2(p) <= mu, solved for the score, as p = exp(score) / total.
        floor = math.log(total) - self.mu * _LN2
        if floor <= 0.0:
            return np.flatnonzero(scores >= floor)
        return np.array([scores.argmax()])

    def learn(self, logprob: float) -> None:
        """Move mu after a draw; `logprob` (natural) is the drawn token's among those kept."""
        self.mu -= self._rate * (-logprob / _LN2 - self._target)
