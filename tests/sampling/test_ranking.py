import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hanabi.sampling.ranking import greatest, ranked

from . import naive, strategies


@given(strategies.logits())
def test_ranked_is_descending_with_ties_by_index(row):
    assert ranked(row).tolist() == naive.ranking(row.tolist())


def test_zeros_of_both_signs_are_equal():
    assert ranked(np.array([-0.0, 0.0, -0.0, 1e-45], np.float32)).tolist() == [3, 0, 1, 2]


@given(strategies.logits(most=800), st.integers(1, 900))
def test_greatest_is_the_head_of_the_ranking(row, count):
    assert greatest(row, count).tolist() == naive.ranking(row.tolist())[:count]


def test_greatest_sees_the_tail_that_fills_no_group():
    row = np.zeros(16 * 10 + 7, np.float32)
    row[-1] = 2
    row[3] = 1
    assert greatest(row, 3).tolist() == [166, 3, 0]
