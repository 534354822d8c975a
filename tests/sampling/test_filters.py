import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hanabi.sampling.filters import min_p, top_k, top_p, typical_p

from . import naive, strategies

EPSILON = 1e-5

shares = st.floats(0, 1) | st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99, 0.999999])


def scores_of(*probabilities):
    return np.log(np.array(probabilities, np.float32) / max(probabilities))


@given(strategies.scores(), st.integers(1, 350))
def test_top_k_equals_naive(scores, k):
    order = naive.ranking(scores.tolist())
    assert top_k(scores, k).tolist() == order[:k]


@given(strategies.scores(), shares)
def test_top_p_equals_naive(scores, p):
    probabilities = naive.softmax(scores.tolist())
    kept = top_p(scores, p).tolist()
    assert kept == naive.ranking(scores.tolist())[: len(kept)]
    # Probabilities in float32 may end the nucleus where another p, next to this one, ends it.
    fewest, _ = naive.top_p(probabilities, max(p - EPSILON, 0.0))
    most, _ = naive.top_p(probabilities, p + EPSILON)
    assert len(fewest) <= len(kept) <= len(most)


@given(strategies.scores(), st.floats(1e-6, 1))
def test_min_p_equals_naive(scores, p):
    probabilities = naive.softmax(scores.tolist())
    kept = set(min_p(scores, p).tolist())
    fewest, _ = naive.min_p(probabilities, min(p * (1 + EPSILON), 1.0))
    most, _ = naive.min_p(probabilities, p * (1 - EPSILON))
    assert set(fewest) <= kept <= set(most)


@given(strategies.scores(), shares)
def test_typical_p_equals_naive(scores, p):
    kept, margin = naive.typical_p(naive.softmax(scores.tolist()), p)
    assume(margin > EPSILON)
    assert set(typical_p(scores, p).tolist()) == set(kept)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.5, 3.0, 8.0]), st.booleans(), shares)
def test_nuclei_of_a_large_vocabulary_equal_naive(seed, scale, rounded, p):
    row = np.random.default_rng(seed).standard_normal(20_000) * scale
    row = strategies.frozen(np.round(row, 1) if rounded else row)
    scores = strategies.frozen(row - row.max())
    probabilities = naive.softmax(scores.tolist())
    kept = top_p(scores, p).tolist()
    assert kept == naive.ranking(scores.tolist())[: len(kept)]
    assert sum(probabilities[i] for i in kept) >= p - EPSILON
    assert sum(probabilities[i] for i in kept[:-1]) <= p + EPSILON
    typical = typical_p(scores, p)
    assert typical.size == np.unique(typical).size
    mass = sum(probabilities[i] for i in typical.tolist())
    assert mass >= p - EPSILON
    assert mass - probabilities[typical[-1]] <= p + EPSILON
    entropy = -math.fsum(value * math.log(value) for value in probabilities if value)
    deviations = np.abs(-np.log(np.maximum(probabilities, 1e-300)) - entropy)
    left = np.setdiff1d(np.flatnonzero(np.exp(scores)), typical)
    if left.size:
        assert deviations[left].min() >= deviations[typical].max() - 1e-4


@given(strategies.scores())
def test_top_p_of_0_keeps_the_most_likely_token(scores):
    assert top_p(scores, 0.0).tolist() == [naive.ranking(scores.tolist())[0]]


@given(strategies.scores())
def test_min_p_of_1_keeps_the_most_likely_token_and_its_equals(scores):
    assert min_p(scores, 1.0).tolist() == np.flatnonzero(scores == 0).tolist()


@pytest.mark.parametrize("p", [5e-324, 1e-300, 1e-40])
def test_a_tiny_min_p_keeps_what_can_be_drawn(p):
    assert min_p(scores_of(0.5, 0.3, 0.2), p).tolist() == [0, 1, 2]


def test_top_p_takes_the_token_that_reaches_the_mass_and_no_further():
    scores = scores_of(0.125, 0.5, 0.25, 0.125)
    assert top_p(scores, 0.5).tolist() == [1]
    assert top_p(scores, 0.51).tolist() == [1, 2]
    assert top_p(scores, 0.76).tolist() == [1, 2, 0]
    assert top_p(scores, 0.99).tolist() == [1, 2, 0, 3]


def test_top_p_of_a_flat_distribution_takes_the_first_ids():
    assert top_p(np.zeros(1000, np.float32), 0.25).tolist() == list(range(250))


def test_top_k_at_a_tie_keeps_the_lower_ids():
    assert top_k(np.array([-1, 0, -1, -1, -2], np.float32), 3).tolist() == [1, 0, 2]


def test_typical_p_may_leave_out_the_most_likely_token():
    # Entropy 1.97 nats: a probability of 0.1 (2.30) is nearer to it than one of 0.4 (0.92).
    scores = scores_of(0.4, *[0.1] * 6)
    assert typical_p(scores, 0.3).tolist() == [1, 2, 3]
    assert typical_p(scores, 0.0).tolist() == [1]


@pytest.mark.parametrize("keep", [top_p, typical_p])
def test_impossible_tokens_are_never_in_a_nucleus(keep):
    scores = np.array([-np.inf, 0, -np.inf, -1], np.float32)
    assert set(keep(scores, 0.99999).tolist()) == {1, 3}
