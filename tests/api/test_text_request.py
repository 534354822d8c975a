import pytest

from hanabi.generation.text import Conversation, Prompts
from hanabi.protocol.completions import CompletionRequest
from hanabi.sampling.params import SamplingParams
from hanabi.styles.message import Message


def sent(api):
    return api.service.requests[-1]


def test_what_is_left_out_is_left_to_the_service(api):
    api.completion()
    request = sent(api)
    assert request.source == Prompts(("Say",))
    assert (request.n, request.max_tokens, request.fallback_max_tokens) == (1, None, 16)
    assert (request.sampling, request.stop, request.logprobs) == ({}, None, None)
    assert (request.echo, request.echo_last, request.ignore_eos) == (False, None, False)
    assert request.overflow == "truncate"
    api.chat()
    assert sent(api).fallback_max_tokens == 2048


def test_null_is_the_same_as_left_out(api):
    api.completion()
    known = sent(api)
    names = set(CompletionRequest.__struct_fields__) - {"model", "prompt"}
    assert api.completion(**dict.fromkeys(names)).status == 200
    assert sent(api) == known


@pytest.mark.parametrize(
    ("prompt", "prompts"),
    [
        ("a", ("a",)),
        (["a", "b"], ("a", "b")),
        ([1, 2], ((1, 2),)),
        ([[1, 2], [3]], ((1, 2), (3,))),
    ],
)
def test_prompts(api, prompt, prompts):
    api.completion(prompt=prompt)
    assert sent(api).source == Prompts(prompts)


@pytest.mark.parametrize("prompt", [["a", 1], [1, "a"], [1, [1]], [[1], "a"]])
def test_a_mixture_of_prompts(api, prompt):
    reply = api.completion(prompt=prompt)
    assert reply.status == 400
    assert reply.error["message"] == (
        "prompt must hold texts, or token ids, or lists of token ids, not a mixture: prompt[0] and"
        " prompt[1] differ"
    )


def test_messages(api):
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    messages = [
        {"role": "system", "content": ""},
        {"role": "user", "content": parts, "name": "Ann"},
        {"role": "assistant", "content": "x", "tool_calls": [], "refusal": None},
    ]
    api.chat(messages=messages, prompt_truncate_len=5)
    expected = (
        Message("system", ""),
        Message("user", "ab", "Ann"),
        Message("assistant", "x"),
    )
    assert sent(api).source == Conversation(expected, 5)


def test_sampling(api):
    options = {
        "temperature": 0,
        "top_p": 0.5,
        "top_k": 7,
        "min_p": 0.1,
        "typical_p": 0.9,
        "frequency_penalty": -2,
        "presence_penalty": 2,
        "repetition_penalty": 1.5,
        "logit_bias": {"5": -100, "6": 1.5},
        "mirostat_target": 5,
        "mirostat_lr": 0.2,
        "seed": 2**63 - 1,
    }
    assert set(options) == set(SamplingParams.__struct_fields__)
    assert api.completion(**options).status == 200
    assert sent(api).sampling == options | {"logit_bias": {5: -100.0, 6: 1.5}}


def test_any_top_k_is_legal(api):
    assert api.completion(top_k=10**30).status == 200
    assert sent(api).sampling == {"top_k": 2**31 - 1}


@pytest.mark.parametrize(
    ("stop", "strings"), [("a", ("a",)), (["a", "b"], ("a", "b")), ([], ()), (None, None)]
)
def test_stop(api, stop, strings):
    api.completion(stop=stop)
    assert sent(api).stop == strings


@pytest.mark.parametrize(
    ("fields", "max_tokens"),
    [
        ({"max_tokens": 0}, 0),
        ({"max_completion_tokens": 5}, 5),
        ({"max_tokens": 6, "max_completion_tokens": None}, 6),
    ],
)
def test_max_tokens(api, fields, max_tokens):
    assert api.chat(**fields).status == 200
    assert sent(api).max_tokens == max_tokens


def test_two_names_of_max_tokens(api):
    reply = api.chat(max_tokens=5, max_completion_tokens=5)
    assert reply.status == 400
    assert reply.error["message"] == (
        "max_tokens and max_completion_tokens are two names of one limit, send one of them: 5 and 5"
    )


@pytest.mark.parametrize(
    ("fields", "rows"),
    [
        ({}, None),
        ({"logprobs": False}, None),
        ({"logprobs": 0}, 0),
        ({"logprobs": 5}, 5),
        ({"logprobs": 1, "top_logprobs": 3}, 3),
        ({"logprobs": True}, 0),
        ({"logprobs": True, "top_logprobs": 20}, 20),
        ({"logprobs": False, "top_logprobs": 0}, None),
    ],
)
def test_logprobs(api, fields, rows):
    assert api.completion(**fields).status == 200
    assert sent(api).logprobs == rows


def test_top_logprobs_alone(api):
    reply = api.chat(top_logprobs=2)
    assert reply.status == 400
    assert reply.error["message"] == "top_logprobs needs logprobs, which is not set: 2"


def test_the_rest(api):
    api.completion(
        n=3, echo=True, echo_last=4, ignore_eos=True, context_length_exceeded_behavior="error"
    )
    request = sent(api)
    assert (request.n, request.echo, request.echo_last) == (3, True, 4)
    assert (request.ignore_eos, request.overflow) == (True, "error")


@pytest.mark.parametrize(
    "fields",
    [{"user": "u"}, {"metadata": {"a": 1}}, {"service_tier": "auto"}, {"prompt_cache_key": "k"}],
)
def test_labels_are_accepted(api, fields):
    assert api.completion(**fields).status == 200
    assert api.chat(**fields).status == 200


def test_no_new_request_while_draining(api):
    api.dependencies.drain.begin()
    for reply in (api.completion(), api.chat(stream=True)):
        assert reply.status == 503
        assert reply.headers["retry-after"] == "5"
    assert api.service.requests == []
