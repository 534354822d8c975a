"""Guesses at the next tokens, and what they may cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.engine.drafter import (
    ALLOWANCE,
    FIRST_CREDIT,
    MOST,
    MOST_CREDIT,
    NGRAM,
    Drafter,
)
from hanabi.engine.prices import Prices

LONG = 1000
PRICES = Prices(per_pass=0.4, per_token=0.42)


def naive(tokens, most):
    """The guess by looking through the whole text, for each n-gram anew."""
    last = tokens[-NGRAM:]
    places = [end for end in range(NGRAM, len(tokens)) if tokens[end - NGRAM : end] == last]
    if not places:
        return ()
    place = places[-1]
    repeated = NGRAM
    while (
        repeated < MOST
        and repeated < place
        and tokens[:place][-repeated - 1] == tokens[-repeated - 1]
    ):
        repeated += 1
    text = list(tokens)
    for index in range(place, place + min(repeated, most)):
        text.append(text[index])
    return tuple(text[len(tokens) :])


def rich(prompt, tokens=()):
    """A drafter that may spend all that can be had."""
    drafter = Drafter(prompt, LONG, PRICES)
    drafter.learn(0, 1000)
    for token in tokens:
        drafter.append(token)
    return drafter


@given(st.lists(st.integers(0, 2), max_size=60), st.integers(0, 60), st.integers(0, 30))
def test_a_guess_is_what_followed_the_last_time(tokens, cut, most):
    drafter = rich(tokens[:cut])
    for token in tokens[cut:]:
        drafter.draft(1)
        drafter.append(token)
    affordable = min(most, MOST, PRICES.affordable(MOST_CREDIT))
    assert drafter.draft(most) == (naive(tokens, affordable) if affordable else ())


def test_a_copied_text_is_guessed():
    assert rich([1, 2, 3, 4, 5, 6, 9, 1, 2, 3]).draft(8) == (4, 5, 6)


def test_the_more_repeats_the_longer_a_guess():
    text = list(range(30))
    assert rich([*text, 99, *text[:10]]).draft(MOST) == tuple(text[10:20])


def test_a_text_that_goes_round_is_guessed_on():
    drafter = rich([7, 8] * 10)
    assert drafter.draft(MOST) == (7, 8) * (MOST // 2)


@pytest.mark.parametrize("text", [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4, 5]])
def test_a_text_that_repeats_nothing_has_no_guess(text):
    assert rich(text).draft(MOST) == ()


@pytest.mark.parametrize("most", [-1, 0])
def test_no_more_than_wanted(most):
    assert rich([1, 2, 3] * 5).draft(most) == ()


@pytest.mark.parametrize("max_tokens", [1, 16, 100, 1000, 10_000])
def test_wrong_guesses_cost_no_more_than_the_allowance(max_tokens):
    """Each guess is wrong, though the text repeats without end."""
    drafter = Drafter([1, 2, 3] * 5, max_tokens, PRICES)
    cost = 0.0
    for _ in range(max_tokens):
        if guess := drafter.draft(MOST):
            cost += PRICES.of(len(guess))
            drafter.learn(len(guess), 0)
        drafter.append(4)
    assert cost <= ALLOWANCE * max_tokens + 1e-9


def test_right_guesses_buy_longer_ones():
    drafter = Drafter([*range(60), 99, *range(20)], LONG, PRICES)
    sizes = []
    for _ in range(4):
        guess = drafter.draft(MOST)
        sizes.append(len(guess))
        drafter.learn(len(guess), len(guess))
        for token in guess:
            drafter.append(token)
    assert sizes == sorted(sizes)
    assert sizes[0] == PRICES.affordable(FIRST_CREDIT)
    assert sizes[-1] == MOST


def test_what_is_won_is_not_kept_without_end():
    drafter = rich([1, 2, 3] * 5)
    assert drafter.credit == MOST_CREDIT
