"""Request over model over route, option by option."""

import pytest

from hanabi.errors import InvalidRequestError
from hanabi.generation.defaults import ModelDefaults
from hanabi.generation.options import (
    end_ids_in_force,
    max_tokens_in_force,
    sampling_in_force,
    stop_in_force,
)
from hanabi.sampling.params import SamplingParams


class Style:
    name = "style"
    stop_tokens = ("<|end|>", "[END]")
    continues_text = False
    emits_bos = False


def test_sampling_takes_the_request_then_the_model_then_the_usual(tools):
    request = tools.request("a", sampling={"temperature": 0.0, "top_k": 3})
    defaults = ModelDefaults(temperature=0.7, top_p=0.9, max_tokens=5)
    assert sampling_in_force(request, defaults, tools.vocab()) == SamplingParams(
        temperature=0.0, top_k=3, top_p=0.9
    )


def test_a_seed_is_not_made_up(tools):
    assert sampling_in_force(tools.request("a"), ModelDefaults(), tools.vocab()).seed is None


@pytest.mark.parametrize("token", [-1, 263])
def test_a_bias_is_on_a_token_that_there_is(tools, token):
    request = tools.request("a", sampling={"logit_bias": {262: 1.0, token: 1.0}})
    with pytest.raises(InvalidRequestError) as caught:
        sampling_in_force(request, ModelDefaults(), tools.vocab())
    assert caught.value.message == (
        f"logit_bias: token ids of this model are 0 to 262, got {token}"
    )
    assert caught.value.param == "logit_bias"


@pytest.mark.parametrize(
    ("asked", "default", "expected"), [(0, 5, 0), (7, 5, 7), (None, 5, 5), (None, None, 16)]
)
def test_max_tokens(tools, asked, default, expected):
    request = tools.request("a", max_tokens=asked)
    assert max_tokens_in_force(request, ModelDefaults(max_tokens=default)) == expected


@pytest.mark.parametrize(
    ("asked", "default", "expected"),
    [
        (("a",), ("b",), ("a",)),
        ((), ("b",), ()),
        (None, ("b", "c"), ("b", "c")),
        (None, "bc", ("bc",)),
        (None, None, ()),
    ],
)
def test_stop_strings(tools, asked, default, expected):
    request = tools.request("a", stop=asked)
    defaults = ModelDefaults(stop=default)
    assert stop_in_force(request, defaults, None, tools.vocab()) == expected


def test_a_stop_token_that_the_vocabulary_lacks_is_a_stop_string(tools):
    request = tools.request("a", stop=("x",))
    vocab = tools.vocab()
    assert stop_in_force(request, ModelDefaults(), Style(), vocab) == ("x", "[END]")
    assert end_ids_in_force(request, ("x", "[END]"), Style(), vocab) == (tools.EOS, tools.END)


def test_ignore_eos_ignores_the_style_too(tools):
    request = tools.request("a", ignore_eos=True)
    assert stop_in_force(request, ModelDefaults(), Style(), tools.vocab()) == ()
    assert end_ids_in_force(request, (), Style(), tools.vocab()) == ()


def test_a_stop_string_that_names_a_control_token_is_that_token(tools):
    vocab = tools.vocab()
    assert end_ids_in_force(tools.request("a"), ("<|end|>",), None, vocab) == (
        tools.EOS,
        tools.END,
    )
    request = tools.request("a", ignore_eos=True)
    assert end_ids_in_force(request, ("<|end|>",), None, vocab) == (tools.END,)
