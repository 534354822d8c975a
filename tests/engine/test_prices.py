"""Prices of guesses against the line that the decodes' times follow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.engine.prices import OUTLIER, PRIOR, Prices


def follow(prices, per_pass, per_token, sizes, step=0.004):
    for size in sizes:
        prices.note(0, step)
        prices.note(size, step * (1 + per_pass + per_token * size))


def test_before_anything_was_seen_the_prior_counts():
    assert Prices().of(10) == pytest.approx(PRIOR[0] + 10 * PRIOR[1])
    prices = Prices()
    prices.note(5, 0.5)  # nothing to compare it with
    assert prices == Prices()


@pytest.mark.parametrize(("per_pass", "per_token"), [(0.4, 0.42), (0.9, 0.16), (0.3, 0.37)])
def test_what_decodes_take_is_learned(per_pass, per_token):
    prices = Prices()
    follow(prices, per_pass, per_token, [2, 5, 16, 9, 1, 12] * 10)
    for size in (1, 8, 16):
        assert prices.of(size) == pytest.approx(per_pass + per_token * size, rel=0.1)


def test_guesses_of_one_size_teach_its_price():
    prices = Prices()
    follow(prices, 0.9, 0.16, [16] * 60)
    assert prices.of(16) == pytest.approx(0.9 + 0.16 * 16, rel=0.1)
    assert prices.of(1) < prices.of(16)


def test_a_changed_machine_is_learned_anew():
    prices = Prices()
    follow(prices, 0.2, 0.1, [1, 4, 16] * 30)
    follow(prices, 0.4, 0.42, [1, 4, 16] * 30)
    assert prices.of(16) == pytest.approx(0.4 + 0.42 * 16, rel=0.1)


def test_one_decode_that_was_held_up_does_not_count_whole():
    prices = Prices()
    follow(prices, 0.4, 0.4, [1, 4, 16] * 30)
    expected = prices.of(4)
    prices.note(4, 60.0)
    assert prices.of(4) < expected * (1 + OUTLIER / 5)
    prices.note(0, 60.0)
    assert prices.step < 0.004 * OUTLIER


@given(
    noted=st.lists(st.tuples(st.integers(0, 16), st.floats(0, 1e3)), max_size=80),
    credit=st.floats(-10, 100),
)
def test_what_is_affordable_is_paid_for_and_one_more_is_not(noted, credit):
    prices = Prices()
    for tokens, seconds in noted:
        prices.note(tokens, seconds)
    most = prices.affordable(credit)
    assert 0 <= most <= 1_000_000
    assert not most or prices.of(most) <= credit + 1e-6
    assert most == 1_000_000 or prices.of(most + 1) > credit - 1e-6
    assert prices.of(1) > 0
    assert prices.of(2) > prices.of(1)
