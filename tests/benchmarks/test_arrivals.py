from itertools import pairwise
from statistics import mean

import pytest

from peers.arrivals import PROMPT_WORDS, poisson


def test_a_seed_decides_the_whole_schedule():
    assert poisson(20, 2.0, 64, seed=3) == poisson(20, 2.0, 64, seed=3)
    assert poisson(20, 2.0, 64, seed=3) != poisson(20, 2.0, 64, seed=4)


@pytest.mark.parametrize("rate", [0.5, 4.0])
def test_requests_come_at_the_rate_that_was_asked_for(rate):
    schedule = poisson(4000, rate, 64, seed=1)
    assert schedule[-1].at == pytest.approx(4000 / rate, rel=0.1)
    gaps = [after.at - before.at for before, after in pairwise(schedule)]
    assert min(gaps) >= 0
    # Exponential: as wide as its mean, and 63 % of the gaps are below the mean.
    assert mean(gap < 1 / rate for gap in gaps) == pytest.approx(0.632, abs=0.03)


def test_lengths_are_mixed_and_bounded():
    schedule = poisson(500, 1.0, 64, seed=1)
    assert {arrival.words for arrival in schedule} == set(PROMPT_WORDS)
    tokens = [arrival.tokens for arrival in schedule]
    assert (min(tokens), max(tokens)) == (16, 64)


def test_even_the_shortest_reply_has_a_token():
    assert {arrival.tokens for arrival in poisson(9, 1.0, 1, seed=1)} == {1}
