import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.sampling.logits_error import LogitsError
from hanabi.sampling.logprobs import prompt_rows, row_of

from . import naive, strategies


@given(strategies.logits(), st.integers(0, 20), st.data())
def test_a_row_equals_the_float64_reference(row, count, data):
    token = data.draw(st.integers(0, row.size - 1))
    expected = [max(value, -9999.0) for value in naive.log_softmax(row.tolist())]
    made = row_of(row, token, count)
    assert made.logprob == pytest.approx(expected[token], abs=1e-6)
    ids = [index for index, _ in made.top]
    assert ids == naive.ranking(row.tolist())[:count]
    assert [value for _, value in made.top] == pytest.approx([expected[i] for i in ids], abs=1e-6)
    assert made.sampling_logprob is None
    if token in ids:
        assert dict(made.top)[token] == made.logprob  # the very same float


def test_values_are_python_floats_and_ids_python_ints():
    made = row_of(strategies.frozen([1, 2, 3]), 0, 2, -0.5)
    assert type(made.logprob) is float
    assert [(type(index), type(value)) for index, value in made.top] == [(int, float)] * 2
    assert made.sampling_logprob == -0.5


def test_what_cannot_be_ends_at_a_number_that_json_has():
    made = row_of(strategies.frozen([0, -math.inf, -3e38]), 1, 3)
    assert made.logprob == -9999.0
    assert made.top == ((0, 0.0), (2, -9999.0), (1, -9999.0))


def test_logits_as_far_apart_as_float32_allows_do_not_warn():
    greatest = float(np.finfo(np.float32).max)
    assert row_of(strategies.frozen([greatest, -greatest]), 0, 0).logprob == 0.0


def test_prompt_rows_score_each_token_by_its_own_row():
    random = np.random.default_rng(0)
    logits = strategies.frozen(random.standard_normal((5, 300)))
    tokens = [7, 0, 299, 7, 12]
    rows = prompt_rows(logits, tokens, 3)
    assert rows == tuple(row_of(logits[i], tokens[i], 3) for i in range(5))


@pytest.mark.parametrize("size", [1, 2, 5])
def test_rows_do_not_depend_on_how_a_prompt_is_cut(size):
    logits = strategies.frozen(np.random.default_rng(1).standard_normal((10, 101)) * 4)
    tokens = list(range(10))
    pieces = []
    for start in range(0, 10, size):
        pieces += prompt_rows(logits[start : start + size], tokens[start : start + size], 5)
    assert tuple(pieces) == prompt_rows(logits, tokens, 5)


def test_prompt_rows_need_a_token_for_each_row():
    with pytest.raises(ValueError, match="zip"):
        prompt_rows(strategies.frozen(np.zeros((2, 4))), [1], 0)


def test_prompt_rows_refuse_what_is_no_distribution():
    logits = np.zeros((3, 4))
    logits[1, 2] = math.nan
    with pytest.raises(LogitsError) as raised:
        prompt_rows(strategies.frozen(logits), [0, 0, 0], 1)
    assert raised.value.rows == (1,)


def test_memory_does_not_grow_with_the_vocabulary_times_the_rows():
    vocab = 20_000
    logits = strategies.frozen(np.random.default_rng(2).standard_normal((64, vocab)))
    tracemalloc.start()
    try:
        prompt_rows(logits, [0] * 64, 5)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * vocab * 4
