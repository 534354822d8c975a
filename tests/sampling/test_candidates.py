import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.sampling.candidates import Candidates, above, scored, some_of
from hanabi.sampling.distribution import Distribution

from . import naive, strategies

ALMOST_1 = 1 - 2**-53


@given(strategies.logits(), st.floats(0.01, 2))
def test_probabilities_are_the_softmax_at_the_temperature(row, temperature):
    ids, probabilities = scored(row, temperature).probabilities()
    assert ids.tolist() == list(range(row.size))
    expected = naive.softmax([logit / temperature for logit in row.tolist()])
    assert probabilities == pytest.approx(expected, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("temperature", [5e-324, 1e-45, 1e-30, 0.01])
def test_next_to_temperature_0_the_greatest_logit_has_it_all(temperature):
    row = strategies.frozen([1e4, -1e4, 0, 9990])
    assert scored(row, temperature).probabilities()[1].tolist() == [1, 0, 0, 0]


temperatures = st.floats(0.01, 2) | st.just(1.0)


@given(strategies.logits(), temperatures, st.data())
def test_scores_of_some_are_the_very_ones_of_all(row, temperature, data):
    places = st.lists(st.integers(0, row.size - 1), min_size=1, unique=True)
    ids = np.array(data.draw(places))
    some = some_of(Distribution(row), ids, temperature)
    assert some.ids.tolist() == ids.tolist()
    assert some.scores.tolist() == scored(row, temperature).scores[ids].tolist()


@given(strategies.logits(), temperatures, st.floats(-745, 0) | st.just(0.0))
def test_above_has_all_that_reach_the_score_and_none_far_below(row, temperature, least):
    some = above(Distribution(row), least, temperature)
    everything = scored(row, temperature).scores
    assert set(np.flatnonzero(everything >= least).tolist()) <= set(some.ids.tolist())
    slack = 2e-6 * (1 + abs(least) + float(np.abs(row.max())) / temperature)
    assert set(some.ids.tolist()) <= set(np.flatnonzero(everything >= least - slack).tolist())
    assert some.ids.tolist() == sorted(some.ids.tolist())


@pytest.mark.parametrize("peak", [3.4e38, 1e30, -3.4e38])
def test_above_neither_warns_nor_loses_the_greatest_of_extreme_logits(peak):
    row = strategies.frozen([peak, -3.4e38, -np.inf])
    for least in (0.0, -1.0, -745.0):
        assert 0 in above(Distribution(row), least, 5e-324).ids.tolist()
        assert 0 in above(Distribution(row), least, 2.0).ids.tolist()


def test_only_keeps_the_order_asked_for():
    once = scored(strategies.frozen([0, 1, 2, 3]), 1.0).only(np.array([3, 1, 0]))
    twice = once.only(np.array([2, 0]))
    assert twice.ids.tolist() == [0, 3]
    assert twice.scores.tolist() == [-3, 0]


@pytest.mark.parametrize("size", [1, 256, 700])
@pytest.mark.parametrize("ids", [False, True])
def test_an_even_grid_of_uniforms_hits_each_token_as_often_as_it_is_likely(size, ids):
    random = np.random.default_rng(size)
    row = strategies.frozen(random.standard_normal(size) * 2)
    some = scored(row, 1.0)
    if ids:
        some = some.only(random.permutation(size))
    grid = 2_000
    counts = np.zeros(size)
    for index in range(grid):
        counts[some.draw((index + 0.5) / grid)[0]] += 1
    assert np.abs(counts - grid * np.array(naive.softmax(row.tolist()))).max() <= 1.01


@given(strategies.logits(), st.floats(0, ALMOST_1) | st.just(ALMOST_1))
def test_a_draw_tells_its_log_probability_and_is_possible(row, uniform):
    token, logprob = scored(row, 1.0).draw(uniform)
    assert row[token] > -np.inf
    assert logprob == pytest.approx(naive.log_softmax(row.tolist())[token], abs=1e-5)


@pytest.mark.parametrize("uniform", [0.0, 0.5, ALMOST_1])
@pytest.mark.parametrize("place", [0, 255, 256, 511, 600])
def test_no_uniform_draws_a_token_of_probability_0(place, uniform):
    row = np.full(700, -np.inf)
    row[place] = -3
    assert scored(strategies.frozen(row), 1.0).draw(uniform) == (place, 0.0)


def test_candidates_stay_as_they_are():
    some = Candidates(None, np.zeros(2, np.float32))
    with pytest.raises(AttributeError):
        some.ids = np.array([1])
