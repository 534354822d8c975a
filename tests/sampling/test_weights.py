import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.sampling.weights import weights_of

from . import naive, strategies

ALMOST_1 = 1 - 2**-53
# Around the sizes at which blocks, and the floors that are tried, begin.
sizes = st.sampled_from([1, 64, 1023, 1024, 1025, 1088, 1100, 20_000])


@st.composite
def large_scores(draw):
    """Scores of a row of up to 20,000: flat, peaked, with ties or with holes."""
    size = draw(sizes)
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    row = random.standard_normal(size) * draw(st.sampled_from([0.0, 0.1, 2.0, 4.0, 40.0]))
    if draw(st.booleans()):
        row = np.round(row)
    if draw(st.booleans()):
        row[random.random(size) < 0.3] = -np.inf
        row[random.integers(size)] = 1.0
    return strategies.frozen(row.astype(np.float32) - np.float32(row.max()))


@given(large_scores())
def test_the_total_is_that_of_float64(scores):
    weights = weights_of(scores)
    expected = math.fsum(math.exp(score) for score in scores.tolist())
    assert weights.total == pytest.approx(expected, rel=1e-6)
    assert weights.sums.sum() == pytest.approx(weights.total)


@given(large_scores(), st.floats(0, 1) | st.sampled_from([0.0, 0.5, 0.95, 0.999, 1 - 1e-9, 1.0]))
def test_the_heaviest_hold_the_share_and_all_that_the_shortest_run_needs(scores, p):
    weights = weights_of(scores)
    kept = weights.heaviest(p)
    assert kept.tolist() == sorted(kept.tolist())
    order = naive.ranking(weights.values.tolist())
    # A head of the ranking, but for the order of equals: nothing left out outweighs what stays.
    left = np.setdiff1d(np.arange(scores.size), kept)
    assert kept.size >= 1
    if left.size:
        assert weights.values[left].max() < weights.values[kept].min()
    shortest, mass = 0, 0.0
    while shortest < scores.size and mass < min(p, 1 - 1e-5) * weights.total:
        mass += float(weights.values[order[shortest]])
        shortest += 1
    assert kept.size >= shortest


@given(large_scores(), st.floats(0, ALMOST_1) | st.just(ALMOST_1))
def test_at_inverts_the_sum(scores, uniform):
    weights = weights_of(scores)
    position = weights.at(uniform)
    assert weights.values[position] > 0
    sums = np.cumsum(weights.values.astype(np.float64)) / weights.total
    assert sums[position] >= uniform - 1e-6
    assert position == 0 or sums[position - 1] <= uniform + 1e-6


@pytest.mark.parametrize("size", [1024, 1025, 2000])
@pytest.mark.parametrize("uniform", [0.0, 0.5, ALMOST_1])
def test_the_only_weight_is_found_wherever_it_is(size, uniform):
    for place in (0, 63, 64, 1023, size - 1):
        scores = np.full(size, -np.inf, np.float32)
        scores[place] = 0
        assert weights_of(scores).at(uniform) == place


def test_a_peaked_distribution_leaves_few_and_a_flat_one_all():
    random = np.random.default_rng(0)
    peaked = random.standard_normal(20_000).astype(np.float32) * 4
    assert weights_of(peaked - peaked.max()).heaviest(0.95).size < 1000
    assert weights_of(np.zeros(20_000, np.float32)).heaviest(0.95).size == 20_000
