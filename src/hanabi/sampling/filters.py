"""Filters: which tokens stay in the draw.

Each takes `scores` [n], float32: logits after temperature less the greatest of them, so that the
greatest score is 0.0, a token's weight is exp(score), and its probability p its weight's share of
all weights. -inf is a token that cannot be drawn; NaN does not occur. Each returns the positions
that stay, at least one. What was filtered before counts as gone: probabilities are shares of what
reaches the filter. `weights` are those of the scores, where the caller has them already; else they
are computed. Equal scores are ordered by position, the lower first, which is the lower token
id where the scores are those of the whole vocabulary or came out of another filter in rank order.
"""

import math

import numpy as np
from numpy.typing import NDArray

from hanabi.sampling.ranking import greatest, ranked
from hanabi.sampling.weights import Weights, weights_of

Scores = NDArray[np.float32]
Positions = NDArray[np.intp]

_ROUNDING = 1e-3
_LEAST_SCORE = -1000.0


def top_k(scores: Scores, k: int) -> Positions:
    """Keep the k most likely tokens (Fan, Lewis, Dauphin 2018, arXiv:1805.04833).

    Exactly min(k, n) stay, most likely first; a tie at the border is decided by position.
    k is at least 1: 0 means that the filter is off, which is the caller's to see.
    """
    return greatest(scores, k)


def top_p(scores: Scores, p: float, weights: Weights | None = None) -> Positions:
    """Keep the nucleus: the shortest run of most likely tokens whose probabilities sum to >= p.

    Holtzman et al. 2019, arXiv:1904.09751. Most likely first; a tie at the border is decided by
    position. p = 0 keeps the one most likely token.

    Just the tokens that can be in it are sorted: see `Weights.heaviest`.
    """
    if weights is None:
        weights = weights_of(scores)
    eligible = weights.heaviest(p)
    eligible = eligible[ranked(scores[eligible])]
    return eligible[: _shortest(weights.values[eligible], p * weights.total)]


def min_p(scores: Scores, p: float) -> Positions:
    """Keep the tokens that are at least p times as likely as the most likely one.

    Nguyen et al. 2024, arXiv:2407.01082. In the order given. p = 1 keeps the most likely token
    and its equals. p is greater than 0: 0 means that the filter is off.
    """
    return np.flatnonzero(scores >= math.log(p))


def typical_p(scores: Scores, p: float, weights: Weights | None = None) -> Positions:
    """Keep the shortest run of most typical tokens whose probabilities sum to >= p.

    Meister et al. 2022, arXiv:2202.00666: a token is the more typical, the closer its surprise
    -ln(p) is to the distribution's entropy. Most typical first; a tie is decided by position.
    p = 0 keeps the one most typical token, which need not be the most likely one.

    Just the tokens that can be in it are sorted: whatever tokens reach p, all that are as typical
    as the least typical of them reach it too. Here these tokens are the most likely ones, so that
    the least typical one is either the least or the most likely of them.
    """
    if weights is None:
        weights = weights_of(scores)
    total, values = weights.total, weights.values
    # No score is -inf here: it weighs 0, and 0 times it were NaN.
    products = np.maximum(scores, np.float32(_LEAST_SCORE))
    products *= values
    mean = float(products.sum(dtype=np.float64)) / total
    # A token with this score has the surprise that is the entropy; 0 is as far from it as 2 * mean.
    least = min(float(scores[weights.heaviest(p)].min()), 2 * mean)
    near = np.flatnonzero(scores >= least * (1.0 + _ROUNDING) - _ROUNDING)
    near = near[values[near] > 0]
    surprise = math.log(total) - scores[near]
    entropy = math.log(total) - mean
    order = ranked(-np.abs(surprise - entropy))
    return near[order[: _shortest(values[near[order]], p * total)]]


def _shortest(weights: NDArray[np.float32], mass: float) -> int:
    """Count the leading weights that it takes to sum to `mass` or more; all where none do."""
    return int(weights.cumsum(dtype=np.float64).searchsorted(mass, side="left")) + 1
