import copy
import pickle

import pytest

from fireworks.client.api import (
    ChatCompletionResponse,
    Choice,
    CompletionResponse,
    ListModelsResponse,
    LogProbs,
    NewLogProbs,
    NewLogProbsContent,
    NewLogProbsContentTopLogProbs,
    RawOutput,
    UsageInfo,
)

from .scripted import CHAT, COMPLETION, USAGE


def test_attributes_of_attributes():
    reply = CompletionResponse(COMPLETION)
    assert isinstance(reply.choices[0], Choice)
    assert reply.choices[0].text == "ab"
    assert isinstance(reply.usage, UsageInfo)
    assert reply.usage.total_tokens == 5
    assert reply.choices is reply.choices
    assert ChatCompletionResponse(CHAT).choices[0].message.content == "ab"


def test_what_was_not_asked_for_is_none():
    reply = CompletionResponse(COMPLETION)
    assert reply.perf_metrics is None
    assert reply.choices[0].logprobs is None
    assert reply.choices[0].token_ids is None


def test_unknown_keys_are_kept():
    reply = CompletionResponse(COMPLETION | {"new-key": {"a": 1}})
    assert reply.new_key == {"a": 1}
    assert reply.to_dict() == COMPLETION | {"new-key": {"a": 1}}
    with pytest.raises(AttributeError, match="has no 'newest'"):
        _ = reply.newest


def test_hyphens_of_perf_metrics():
    metrics = CompletionResponse({"perf_metrics": {"prompt-tokens": 3}}).perf_metrics
    assert metrics.prompt_tokens == 3
    assert metrics.server_processing_time is None
    assert repr(metrics) == "PerfMetrics(prompt_tokens=3)"


def test_both_forms_of_logprobs():
    legacy = Choice({"logprobs": {"tokens": ["a"], "token_logprobs": [-1.0]}}).logprobs
    assert isinstance(legacy, LogProbs)
    assert legacy.token_logprobs == [-1.0]
    row = {"token": "a", "logprob": -1.0, "top_logprobs": [{"token": "a", "logprob": -1.0}]}
    new = Choice({"logprobs": {"content": [row]}}).logprobs
    assert isinstance(new, NewLogProbs)
    assert isinstance(new.content[0], NewLogProbsContent)
    assert new.content[0].sampling_logprob is None
    assert isinstance(new.content[0].top_logprobs[0], NewLogProbsContentTopLogProbs)
    raw = RawOutput({"prompt_fragments": [1, "a"], "completion_logprobs": {"content": [row]}})
    assert raw.prompt_fragments == [1, "a"]
    assert raw.completion_logprobs == new


def test_reads_like_the_dicts_of_other_clients():
    reply = CompletionResponse(COMPLETION)
    assert reply["choices"][0]["text"] == "ab"
    assert "usage" in reply
    assert "perf_metrics" not in reply
    with pytest.raises(KeyError):
        reply["perf_metrics"]


def test_does_not_change():
    reply = CompletionResponse(COMPLETION)
    with pytest.raises(AttributeError, match="cannot be set"):
        reply.id = "x"
    reply.to_dict()["choices"].clear()
    assert reply.choices
    assert CompletionResponse(COMPLETION) == reply
    assert CompletionResponse(CHAT) != reply
    assert reply != COMPLETION


def pickled(reply):
    return pickle.loads(pickle.dumps(reply))  # noqa: S301 - our own


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
def test_copies(again):
    reply = CompletionResponse(COMPLETION)
    assert reply.choices
    assert again(reply) == reply


def test_shows_what_it_has():
    assert repr(UsageInfo(USAGE)) == (
        "UsageInfo(prompt_tokens=3, completion_tokens=2, total_tokens=5)"
    )
    assert "choices=[Choice(index=0, text='ab'" in repr(CompletionResponse(COMPLETION))
    assert CompletionResponse(COMPLETION).model_dump() == COMPLETION
    assert CompletionResponse({"id": "花"}).to_json() == '{"id": "花"}'


def test_values_of_another_shape_are_left_as_they_are():
    reply = CompletionResponse({"choices": "none", "usage": 3})
    assert reply.choices == "none"
    assert reply.usage == 3


def test_headers_and_request_id():
    reply = CompletionResponse(COMPLETION, {"x-request-id": "r"})
    assert reply.request_id == "r"
    assert CompletionResponse(COMPLETION).request_id is None


def test_models_are_iterated():
    models = ListModelsResponse({"data": [{"id": "a"}, {"id": "b"}]})
    assert [model.id for model in models] == ["a", "b"]
