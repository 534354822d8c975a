"""Guesses at the next tokens, and what they may cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.engine.drafter import (
    ALLOWANCE,
    CHANCES,
    MOST,
    MOST_CREDIT,
    NGRAM,
    Drafter,
)
from hanabi.engine.prices import Prices

LONG = 1000
PRICES = Prices(per_pass=0.4, per_token=0.42)


def naive(tokens):
    """The longest guess by looking through the whole text, for each n-gram anew."""
    last = tokens[-NGRAM:]
    places = [end for end in range(NGRAM, len(tokens)) if tokens[end - NGRAM : end] == last]
    if not places:
        return ()
    place = places[-1]
    text = list(tokens)
    for index in range(place, place + MOST):
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
    guess = drafter.draft(most)
    assert len(guess) <= max(0, min(most, MOST, PRICES.affordable(MOST_CREDIT)))
    assert guess == naive(tokens)[: len(guess)]


def test_a_copied_text_is_guessed():
    text = list(range(40))
    guess = rich([*text, 99, *text[:10]]).draft(MOST)
    assert guess == tuple(text[10 : 10 + len(guess)])
    assert len(guess) > 2


def test_the_more_repeats_the_longer_a_guess():
    text = list(range(30))
    sizes = [len(rich([*text, 99, *text[:repeated]]).draft(MOST)) for repeated in (2, 3, 5, 8)]
    assert sizes == sorted(sizes)
    assert sizes[0] == 0
    assert sizes[2] < sizes[3]


def test_a_guess_is_as_long_as_wins_most():
    drafter = rich([1, 2, 3] * 8)
    chance = CHANCES[8]
    won = [sum(chance**n for n in range(1, size + 1)) - PRICES.of(size) for size in range(1, MOST)]
    assert len(drafter.draft(MOST)) == won.index(max(won)) + 1


def test_what_comes_true_is_guessed_at_length_and_what_does_not_no_more():
    true, false = rich([7, 8] * 10), rich([7, 8] * 10)
    before = len(true.draft(MOST))
    for _ in range(30):
        for token in (7, 8):
            true.draft(MOST)
            true.append(token)
        for token in (7, 8, 7, 8, 7, 8, 7, 8, 7, 9):
            false.append(token)
            false.draft(MOST)
    assert len(true.draft(MOST)) > before
    for token in (7, 8, 7, 8, 7, 8, 7, 8, 7):
        false.append(token)
    assert len(false.draft(MOST)) < len(true.draft(MOST))


def test_a_text_that_goes_round_is_guessed_on():
    guess = rich([7, 8] * 10).draft(MOST)
    assert guess == ((7, 8) * MOST)[: len(guess)]
    assert len(guess) > 2


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
    for _ in range(max_tokens // 9):
        if guess := drafter.draft(MOST):
            cost += PRICES.of(len(guess))
            drafter.learn(len(guess), 0)
        for token in (1, 2, 3, 1, 2, 3, 1, 2, 3):
            drafter.append(token)
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
    assert sizes[-1] > sizes[0] > 0


def test_what_is_won_is_not_kept_without_end():
    drafter = rich([1, 2, 3] * 5)
    assert drafter.credit == MOST_CREDIT
