"""The sentences state the limit and the value, and the limits are where they say."""

import pytest

from hanabi.errors import InvalidRequestError
from hanabi.generation.limits import MAX_CHOICES, check_choices, check_prompt_fits, fit_max_tokens


def test_choices_are_bounded():
    check_choices(8, 128)
    with pytest.raises(InvalidRequestError) as caught:
        check_choices(9, 128)
    assert caught.value.message == (
        "prompts x n must be at most 1024 choices a request: 1152 (9 x 128); "
        "send fewer prompts or a smaller n"
    )
    assert caught.value.param == "n"
    assert MAX_CHOICES == 1024


@pytest.mark.parametrize(("length", "max_tokens"), [(99, 1), (99, 50), (100, 0)])
def test_a_prompt_that_fits(length, max_tokens):
    check_prompt_fits(length, max_tokens, 100, "prompt")


@pytest.mark.parametrize(
    ("length", "max_tokens", "limit"), [(100, 1, 99), (101, 0, 100), (203557, 16, 99)]
)
def test_a_prompt_that_does_not_fit(length, max_tokens, limit):
    with pytest.raises(InvalidRequestError) as caught:
        check_prompt_fits(length, max_tokens, 100, "prompt[3]")
    assert caught.value.message == (
        f"The prompt is too long: {length}, model maximum context length: {limit}"
    )
    assert caught.value.param == "prompt[3]"


@pytest.mark.parametrize("overflow", ["truncate", "error"])
@pytest.mark.parametrize("max_tokens", [0, 1, 40])
def test_what_fits_is_granted(max_tokens, overflow):
    assert fit_max_tokens([60], max_tokens, 100, overflow) == max_tokens


def test_what_does_not_fit_is_lowered():
    assert fit_max_tokens([60], 41, 100, "truncate") == 40


def test_what_does_not_fit_is_refused_on_request():
    with pytest.raises(InvalidRequestError) as caught:
        fit_max_tokens([60], 41, 100, "error")
    assert caught.value.message == (
        "The prompt and max_tokens are too long: 60 + 41, model maximum context length: 100; "
        "max_tokens can be at most 40"
    )
    assert caught.value.param == "max_tokens"


def test_a_long_prompt_does_not_shorten_the_choices_of_a_short_one():
    assert fit_max_tokens([90, 20], 50, 100, "truncate") == 50
    assert fit_max_tokens([90, 20], 500, 100, "truncate") == 80
    with pytest.raises(InvalidRequestError, match=r"90 \+ 50.*at most 10"):
        fit_max_tokens([90, 20], 50, 100, "error")
