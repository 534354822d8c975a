"""Whole replies that are not streamed; streams are in test_frames."""

import json

import pytest

from hanabi.generation.text import TextEvent
from hanabi.sampling.params import SamplingParams

ID = "5b6d0f0e-3c1a-4c58-9a63-0f6f2b7c9d11"
MODEL = "accounts/fireworks/models/fake"


def test_a_completion(api):
    reply = api.completion()
    assert reply.body.decode() == (
        f'{{"id":"{ID}","object":"text_completion","created":1700000000,"model":"{MODEL}",'
        '"choices":[{"index":0,"text":"Hi","logprobs":null,"finish_reason":"stop"}],'
        '"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}'
    )


def test_a_chat_completion(api):
    reply = api.chat()
    assert reply.body.decode() == (
        f'{{"id":"{ID}","object":"chat.completion","created":1700000000,"model":"{MODEL}",'
        '"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},'
        '"finish_reason":"stop"}],'
        '"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}'
    )


def test_the_model_is_named_as_the_request_named_it(api):
    assert api.completion(model="fireworks/fake").json["model"] == "fireworks/fake"


def test_choices_stand_in_the_order_of_their_index(api):
    api.service.steps = [
        [TextEvent(1, "b", (5,), finish_reason="length")],
        [TextEvent(0, "a", (4,), finish_reason="stop")],
    ]
    choices = api.completion(prompt=["x", "y"]).json["choices"]
    assert [(c["index"], c["text"], c["finish_reason"]) for c in choices] == [
        (0, "a", "stop"),
        (1, "b", "length"),
    ]


@pytest.mark.parametrize("route", ["completion", "chat"])
def test_extras_by_request(api, row, route):
    api.service.steps = [[TextEvent(0, "Hi", (4,), (row("Hi", 4, -0.5),), "stop")]]
    fields = {"raw_output": True, "return_token_ids": True, "logprobs": 0}
    choice = getattr(api, route)(**fields).json["choices"][0]
    assert choice["token_ids"] == [4]
    assert choice["prompt_token_ids"] == [1, 2, 3]
    raw = choice["raw_output"]
    assert raw.pop("completion_logprobs")["content"][0]["token"] == "Hi"
    assert raw == {
        "prompt_fragments": [1, "Say"],
        "prompt_token_ids": [1, 2, 3],
        "completion": "Hi",
        "completion_token_ids": [4],
    }
    assert choice["logprobs"]["tokens"] == ["Hi"]


def test_perf_metrics(api):
    reply = api.completion(perf_metrics_in_response=True)
    figures = {
        "prompt-tokens": 3,
        "cached-prompt-tokens": 2,
        "server-time-to-first-token": 0.25,
        "server-processing-time": 0.5,
    }
    assert reply.json["perf_metrics"] == figures
    for name, value in figures.items():
        assert reply.headers[f"fireworks-{name}"] == str(value)


def test_headers(api):
    whole, streamed = api.chat(), api.chat(stream=True)
    assert "fireworks-prompt-tokens" in whole.headers
    assert "fireworks-prompt-tokens" not in streamed.headers
    for reply in (whole, streamed):
        assert json.loads(reply.headers["fireworks-sampling-options"]) == {
            "max_tokens": 16,
            "temperature": 1.0,
            "top_p": 1.0,
            "top_k": 0,
            "min_p": 0.0,
            "typical_p": 1.0,
            "frequency_penalty": 0.0,
            "presence_penalty": 0.0,
            "repetition_penalty": 1.0,
            "mirostat_lr": 0.1,
        }


def test_the_sampling_header_tells_the_models_defaults_in_ascii(api, monkeypatch):
    api.completion()
    fake = type(api.service.generation)
    monkeypatch.setattr(fake, "sampling", SamplingParams(temperature=0.2, logit_bias={1: 2}))
    monkeypatch.setattr(fake, "stop", ("終\r\n",))
    header = api.completion().headers["fireworks-sampling-options"]
    assert header.isascii()
    assert header.isprintable()
    options = json.loads(header)
    assert (options["temperature"], options["stop"]) == (0.2, ["終\r\n"])
    assert "logit_bias" not in options
    assert "stop" not in api.completion(stop="x").headers["fireworks-sampling-options"]


def test_a_generation_that_fails_is_cancelled_and_counted(api):
    api.service.steps = [RuntimeError("x")]
    assert api.completion().status == 500
    assert api.service.generation.cancelled.is_set()
    text = api.metrics().body.decode()
    labels = f'model="{MODEL}",route="completions",status="500"'
    assert f"hanabi_requests_total{{{labels}}} 1.0" in text
