import math

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hanabi.api.logprobs import LEAST, legacy_logprobs, new_logprobs
from hanabi.generation.text import TextRow, TopToken


def make_row(logprob, top=(), sampling=None):
    return TextRow("a", 1, b"a", logprob, sampling, 0, tuple(top))


def top(token, logprob, token_id=9):
    return TopToken(token, token_id, token.encode(), logprob)


@given(st.lists(st.floats(max_value=0, allow_nan=False, allow_infinity=False), min_size=1))
def test_the_same_float_stands_in_both_places(values):
    values = sorted(values, reverse=True)
    rows = [make_row(value, [top("a", value)]) for value in values]
    body = msgspec.json.decode(msgspec.json.encode(legacy_logprobs(rows)))
    for value, entry in zip(body["token_logprobs"], body["top_logprobs"], strict=True):
        assert value == max(entry.values()) == entry["a"]


def test_of_two_ids_with_one_text_the_likelier_counts():
    legacy = legacy_logprobs(
        [make_row(-1.0, [top("x", -0.5, 1), top("y", -1.0, 2), top("x", -3.0, 3)])]
    )
    assert list(legacy.top_logprobs[0].items()) == [("x", -0.5), ("y", -1.0)]
    both = [top("x", -0.5, 1), top("x", -3.0, 3)]
    new = new_logprobs([make_row(-1.0, both)])
    assert [entry.token_id for entry in new.content[0].top_logprobs] == [1, 3]


def test_minus_infinity_is_a_number():
    rows = [make_row(-math.inf, [top("a", -math.inf)], sampling=-math.inf)]
    assert legacy_logprobs(rows).token_logprobs == [LEAST]
    assert legacy_logprobs(rows).top_logprobs == [{"a": LEAST}]
    assert b"null" not in msgspec.json.encode(new_logprobs(rows))


def test_a_prompt_row_has_no_sampling_logprob():
    assert b"sampling_logprob" not in msgspec.json.encode(new_logprobs([make_row(0.0)]))


def test_the_keys_of_the_new_form_stand_in_the_contracts_order():
    row = make_row(-1.0, [top("é", -1.0)], sampling=-0.5)
    assert msgspec.json.encode(new_logprobs([row])).decode() == (
        '{"content":[{"token":"a","logprob":-1.0,"sampling_logprob":-0.5,"bytes":[97],'
        '"token_id":1,"text_offset":0,"top_logprobs":[{"token":"é","logprob":-1.0,'
        '"token_id":9,"bytes":[195,169]}]}]}'
    )
