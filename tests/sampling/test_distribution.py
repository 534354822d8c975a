import math

import numpy as np
import pytest
from hypothesis import given

from hanabi.sampling.distribution import Distribution

from . import naive, strategies


@given(strategies.logits())
def test_scores_and_weights_are_those_of_the_softmax(row):
    distribution = Distribution(row)
    assert distribution.peak == row.max()
    assert distribution.scores.max() == 0
    expected = naive.softmax(row.tolist())
    weights = distribution.weights
    assert weights.values / weights.total == pytest.approx(expected, rel=1e-4, abs=1e-7)


def test_it_computes_once_and_takes_a_known_peak():
    row = strategies.frozen([0, 2, 1])
    distribution = Distribution(row, 1)
    assert distribution.peak is distribution.peak
    assert distribution.scores is distribution.scores
    assert distribution.weights is distribution.weights
    assert distribution.scores.tolist() == [-2, 0, -1]


def test_logits_as_far_apart_as_float32_allows_do_not_warn():
    greatest = float(np.finfo(np.float32).max)
    distribution = Distribution(strategies.frozen([greatest, -greatest]))
    assert distribution.scores.tolist() == [0, -math.inf]
