"""How far two rows are apart, and how much two replies have in common."""

import pytest

from hanabi.sampling.row import Row

from .outcome import distance, same_tokens


def row(**logprobs):
    top = tuple((ord(token), logprob) for token, logprob in logprobs.items())
    return Row(top[0][1], top)


def test_equal_rows_are_not_apart():
    assert distance([row(a=-0.5, b=-1.0)], [row(a=-0.5, b=-1.0)]) == 0


def test_the_largest_difference_of_one_token_counts():
    assert distance([row(a=-0.5, b=-1.0)], [row(b=-1.2, a=-0.4)]) == pytest.approx(0.2)


def test_a_token_that_one_row_lacks_is_at_most_as_likely_as_its_last():
    assert distance([row(a=-0.5, b=-1.0)], [row(a=-0.5, c=-2.0)]) == pytest.approx(1.0)


def test_a_token_that_is_lacking_on_the_verge_is_not_apart():
    assert distance([row(a=-0.5, b=-1.0)], [row(a=-0.5, c=-1.0)]) == 0


def test_the_worst_place_counts():
    first, second = [row(a=-0.5), row(a=-0.1)], [row(a=-0.5), row(a=-0.4)]
    assert distance(first, second) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [([], [1], 0), ([1, 2], [1, 2], 2), ([1, 2, 3], [1, 9, 3], 1), ([1], [1, 2], 1)],
)
def test_tokens_in_common_are_those_of_the_beginning(first, second, count):
    assert same_tokens(first, second) == count
