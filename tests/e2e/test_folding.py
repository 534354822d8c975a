"""A streamed reply, joined, equals the one that is not streamed, field by field."""

import asyncio

import pytest

from .api import text_of, user

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

SCORING = {"echo": True, "logprobs": 2, "max_tokens": 0}
OPTIONS = {
    "plain": {},
    "greedy": {"temperature": 0},
    "no_tokens": {"max_tokens": 0},
    "one_token": {"max_tokens": 1},
    "three_choices": {"n": 3},
    "three_choices_with_rows": {"n": 3, "logprobs": 2},
    "stop": {"stop": "e"},
    "stops": {"stop": ["never \u2603", "th", "e"], "logprobs": 1},
    "stop_that_never_comes": {"stop": ["e \u2603", " \u2603"]},
    "stop_in_choices": {"stop": [" a", "."], "n": 3},
    "no_alternatives": {"logprobs": 0},
    "five_alternatives": {"logprobs": 5},
    "new_rows": {"logprobs": True, "top_logprobs": 3},
    "new_rows_alone": {"logprobs": True},
    "echo": {"echo": True},
    "echo_in_choices": {"echo": True, "n": 2},
    "echo_with_rows": {"echo": True, "logprobs": 1, "stop": "e"},
    "echo_with_new_rows": {"echo": True, "logprobs": True, "top_logprobs": 1},
    "echo_last": {"echo_last": 3, "logprobs": 1},
    "scoring": SCORING,
    "token_ids": {"return_token_ids": True},
    "token_ids_with_echo": {"return_token_ids": True, "echo": True, "n": 2},
    "raw_output": {"raw_output": True, "logprobs": 1, "n": 2},
    "usage_apart": {"stream_options": {"include_usage": True}, "n": 2},
    "nucleus": {"temperature": 1.3, "top_p": 0.8, "top_k": 40},
    "penalties": {"frequency_penalty": 1, "presence_penalty": 0.5, "repetition_penalty": 1.2},
    "past_the_end": {"ignore_eos": True, "temperature": 0},
}
SOURCES = {
    "completion": {"prompt": "Say this is a test", "max_tokens": 6},
    # Long enough for the greedy reply to end by itself.
    "chat": {"messages": user("What is 2+2?"), "max_tokens": 10},
    "prompts": {"prompt": ["Say this is a test", "One, two,"], "max_tokens": 4},
    "ids": {"prompt": [[36218, 451, 314, 253, 1028], [7]], "max_tokens": 3},
}
CASES = [(source, options) for options in OPTIONS for source in ("completion", "chat")] + [
    (source, options)
    for options in ("plain", "three_choices_with_rows", "echo_with_new_rows", "scoring")
    for source in ("prompts", "ids")
]


def added(old, new):
    """The rows of two pieces; the form shows by its keys."""
    if old is None or new is None:
        return old or new
    return {key: old[key] + new[key] for key in old}


def folded(chunks):
    """The reply that is not streamed, made of a stream's chunks."""
    choices = {}
    for chunk in chunks:
        for piece in chunk["choices"]:
            choice = choices.setdefault(piece["index"], {"text": "", "finish_reason": None})
            assert choice["finish_reason"] is None, "a piece came after its choice's end"
            choice["text"] += text_of(piece)
            choice["finish_reason"] = piece["finish_reason"]
            choice["logprobs"] = added(choice.get("logprobs"), piece.get("logprobs"))
            if "token_ids" in piece:
                choice["token_ids"] = choice.get("token_ids", []) + piece["token_ids"]
            for key in ("prompt_token_ids", "raw_output"):
                if key in piece:
                    assert key not in choice
                    choice[key] = piece[key]
    usages = [chunk["usage"] for chunk in chunks if "usage" in chunk]
    return [choices[index] for index in sorted(choices)], usages


def whole(reply):
    """The same view of a reply that is not streamed."""
    keys = ("finish_reason", "logprobs", "token_ids", "prompt_token_ids", "raw_output")
    choices = [
        {key: choice[key] for key in keys if key in choice} | {"text": text_of(choice)}
        for choice in sorted(reply["choices"], key=lambda choice: choice["index"])
    ]
    for choice in choices:
        choice.setdefault("logprobs", None)  # chat leaves the key out
    return choices, [reply["usage"]]


@pytest.mark.parametrize(("source", "options"), CASES)
async def test_streamed_equals_folded(api, source, options):
    fields = {"seed": 11} | SOURCES[source] | OPTIONS[options]
    streamed = api.chunks(**fields)
    fields.pop("stream_options", None)
    chunks, reply = await asyncio.gather(streamed, api.ask(**fields))
    assert folded(chunks) == whole(reply)
    assert {(chunk["model"], chunk["id"], chunk["created"]) for chunk in chunks} == {
        (reply["model"], chunks[0]["id"], chunks[0]["created"])
    }


async def test_a_reply_that_ends_by_itself_is_one_of_them(api):
    reply = await api.ask(**SOURCES["chat"], temperature=0)
    assert reply["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("source", SOURCES)
async def test_no_tokens_are_no_completion_tokens(api, source):
    reply = await api.ask(**SOURCES[source] | SCORING)
    usage = reply["usage"]
    assert usage["completion_tokens"] == 0
    assert usage["total_tokens"] == usage["prompt_tokens"] > 0
    assert {choice["finish_reason"] for choice in reply["choices"]} == {"length"}
    rows = [choice["logprobs"]["token_ids"] for choice in reply["choices"]]
    assert sum(map(len, rows)) == usage["prompt_tokens"]


async def test_usage_counts_the_end_token_and_a_prompt_once(api):
    reply = await api.ask(**SOURCES["chat"], temperature=0, n=3, logprobs=0)
    rows = sum(len(choice["logprobs"]["token_ids"]) for choice in reply["choices"])
    alone = await api.ask(**SOURCES["chat"] | {"max_tokens": 0})
    assert reply["usage"] == {
        "prompt_tokens": alone["usage"]["prompt_tokens"],
        "completion_tokens": rows,
        "total_tokens": alone["usage"]["prompt_tokens"] + rows,
    }
