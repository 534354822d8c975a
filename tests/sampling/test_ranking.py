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


@given(
    st.sampled_from([1025, 16 * 512, 40 * 600 + 11, 49_152, 256 * 600 + 100]),
    st.sampled_from([1, 5, 40, 700, 5000]),
    st.sampled_from([0.0, 1.0, 30.0]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_greatest_of_many_is_the_head_of_a_stable_sort(size, count, scale, rounded, seed):
    row = np.random.default_rng(seed).standard_normal(size) * scale
    row = strategies.frozen(np.round(row) if rounded else row)
    expected = np.argsort(-row, kind="stable")
    assert greatest(row, count).tolist() == expected[:count].tolist()
    assert ranked(row).tolist() == expected.tolist()


def test_greatest_sees_the_tail_that_fills_no_group():
    row = np.zeros(16 * 10 + 7, np.float32)
    row[-1] = 2
    row[3] = 1
    assert greatest(row, 3).tolist() == [166, 3, 0]
