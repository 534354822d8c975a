"""The tokens that can still be drawn, with their scores."""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from hanabi.sampling.distribution import Distribution
from hanabi.sampling.weights import Weights, weights_of

_LEAST_TEMPERATURE = float(np.finfo(np.float32).tiny)
_FLOAT32_MAX = float(np.finfo(np.float32).max)
_ROUNDING = 1e-6


class Candidates(msgspec.Struct, frozen=True, eq=False):
    """A distribution over some of the tokens.

    Attributes:
        ids: the token ids [n]; None for the whole vocabulary in its order.
        scores: [n], float32, log-probabilities up to a common constant; the greatest of the
            vocabulary is 0.0.
        weights: those of `scores`, where they have been computed.
    """

    ids: NDArray[np.intp] | None
    scores: NDArray[np.float32]
    weights: Weights | None = None

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
        the sum of probabilities exceeds `uniform`. A token of probability 0 is never drawn.
        """
        weights = weights_of(self.scores) if self.weights is None else self.weights
        position = weights.at(uniform)
        token = position if self.ids is None else int(self.ids[position])
        return token, float(self.scores[position]) - math.log(weights.total)


def scored(logits: NDArray[np.float32], temperature: float) -> Candidates:
    """Return the whole vocabulary with the scores (logit - greatest logit) / temperature.

    `logits` [vocab] are not changed; their greatest is finite. `temperature` is greater than 0.
    """
    return all_of(Distribution(logits), temperature)


def all_of(distribution: Distribution, temperature: float) -> Candidates:
    """Return the whole vocabulary at a temperature greater than 0, with its weights."""
    if temperature == 1:  # then they are the very ones that the logprobs are made from
        return Candidates(None, distribution.scores, distribution.weights)
    scores = _scores(distribution.logits, distribution.peak, temperature)
    return Candidates(None, scores, weights_of(scores))


def some_of(distribution: Distribution, ids: NDArray[np.intp], temperature: float) -> Candidates:
    """Return the tokens `ids` [n], in their order, with the scores that `all_of` gives them."""
    return Candidates(ids, _scores(distribution.logits[ids], distribution.peak, temperature))


def above(distribution: Distribution, least: float, temperature: float) -> Candidates:
    """Return all tokens whose score at a temperature is `least`, at most 0, or more.

    In the order of ids. Some whose score is less by no more than rounding may be among them.
    """
    peak = float(distribution.peak)
    distance = max(temperature, _LEAST_TEMPERATURE) * least
    floor = peak + distance - _ROUNDING * (abs(peak) - distance)
    ids = np.flatnonzero(distribution.logits >= max(floor, -_FLOAT32_MAX))
    return some_of(distribution, ids, temperature)


def _scores(
    logits: NDArray[np.float32], peak: np.float32, temperature: float
) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # towards -inf, which is a weight of 0 as it should be
        scores = logits - peak
        # What float32 would round to 0 acts like its least number: 0 / it is 0, the rest -inf.
        scores /= max(temperature, _LEAST_TEMPERATURE)
    return scores
