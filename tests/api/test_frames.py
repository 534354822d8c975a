"""The bytes of streams, held against tests/golden; a golden file is one SSE body as it was sent."""

import json
from pathlib import Path

import pytest

from hanabi.errors import EngineCrashedError
from hanabi.generation.text import TextEvent

GOLDEN = Path(__file__).parents[1] / "golden" / "sse"

HI = [
    [TextEvent(0, "Hi", (4,))],
    [TextEvent(0, "")],
    [TextEvent(0, ' "there"\n✨', (5, 6))],
    [TextEvent(0, "", (7,), finish_reason="stop")],
]
TWO = [
    [TextEvent(0, "a", (4,)), TextEvent(1, "b", (5,))],
    [TextEvent(1, "!", (6,), finish_reason="length")],
    [TextEvent(0, "", (7,), finish_reason="stop")],
]
CRASH = [[TextEvent(0, "Hi", (4,))], EngineCrashedError("The engine of this model crashed")]


def rows(row):
    return [
        [TextEvent(0, "Hi", (4,), (row("Hi", 4, -0.5, sampling=-0.25),))],
        [TextEvent(0, "", (7,), (row("</s>", 7, -1.5, 2, sampling=-1.0),), "stop")],
    ]


def echoed(row):
    prompt = TextEvent(0, "Say", (1, 3), (row("<s>", 1, 0.0), row("Say", 3, -2.0)))
    return [
        [prompt],
        [TextEvent(0, " Hi", (4,), (row(" Hi", 4, -0.5, 3, sampling=-0.5),), "length")],
    ]


CASES = {
    "plain": (HI, {}),
    "include_usage": (HI, {"stream_options": {"include_usage": True}}),
    "two_choices": (TWO, {"n": 2}),
    "legacy_logprobs": (rows, {"logprobs": 1}),
    "new_logprobs": (rows, {"logprobs": True, "top_logprobs": 1}),
    "echo_logprobs": (echoed, {"echo": True, "logprobs": 1}),
    "token_ids": (HI, {"return_token_ids": True}),
    "raw_output": (rows, {"raw_output": True, "logprobs": 1}),
    "perf_metrics": (HI, {"perf_metrics_in_response": True}),
    "max_tokens_0": ([[TextEvent(0, "", finish_reason="length")]], {"max_tokens": 0}),
    "crash": (CRASH, {}),
}


def call(api, route, case, row, **more):
    steps, fields = CASES[case]
    api.service.steps = steps(row) if callable(steps) else steps
    return (api.completion if route == "completions" else api.chat)(**fields, **more)


@pytest.mark.parametrize("route", ["completions", "chat"])
@pytest.mark.parametrize("case", CASES)
def test_golden(api, row, route, case):
    reply = call(api, route, case, row, stream=True)
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.body.decode() == (GOLDEN / f"{route}-{case}.txt").read_text()


def chunks(reply):
    frames = reply.body.decode().split("\n\n")
    assert frames.pop() == ""
    assert frames.pop() == "data: [DONE]"
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]


def join(into, piece):
    """Adds a streamed value to what was there: lists and texts grow, the rest replaces."""
    if isinstance(into, dict) and isinstance(piece, dict):
        return into | {key: join(into.get(key), value) for key, value in piece.items()}
    if isinstance(into, str | list) and isinstance(piece, type(into)):
        return into + piece
    return into if piece is None else piece


@pytest.mark.parametrize("route", ["completions", "chat"])
@pytest.mark.parametrize("case", [case for case in CASES if case != "crash"])
def test_a_stream_joined_is_the_reply_that_is_not_streamed(api, row, route, case):
    folded = call(api, route, case, row, stream=False).json
    streamed = chunks(call(api, route, case, row, stream=True))
    choices = {}
    for chunk in streamed:
        for choice in chunk["choices"]:
            if "delta" in choice:
                choice["message"] = {"content": "", **choice.pop("delta")}
            index = choice.pop("index")
            raw = choice.pop("raw_output", None)
            choices[index] = join(choices.get(index, {}), choice)
            if raw:
                choices[index]["raw_output"] = raw
    assert [{"index": i} | choices[i] for i in sorted(choices)] == folded["choices"]
    last = {key: value for key, value in streamed[-1].items() if key not in ("choices", "object")}
    assert last == {key: value for key, value in folded.items() if key not in ("choices", "object")}
    assert sum("usage" in chunk for chunk in streamed) == 1


def test_a_step_is_one_write(api):
    api.service.steps = TWO
    reply = api.completion(n=2, stream=True)
    assert [write.count(b"data: ") for write in reply.writes] == [2, 2, 1, 1]


def test_an_error_before_the_first_frame_has_its_status(api):
    api.service.steps = [EngineCrashedError("The engine of this model crashed", retry_after=3)]
    reply = api.completion(stream=True)
    assert reply.status == 503
    assert reply.headers["retry-after"] == "3"
    assert reply.error["message"] == "The engine of this model crashed"


def test_an_unexpected_failure_in_a_stream_tells_nothing_of_the_inside(api, caplog):
    api.service.steps = [[TextEvent(0, "Hi")], RuntimeError("/secret/path 0x7f00")]
    reply = api.chat(stream=True)
    last = reply.body.decode().split("\n\n")[-2]
    assert json.loads(last.removeprefix("data: "))["error"]["type"] == "server_error"
    assert "secret" not in reply.body.decode()
    assert "secret" in caplog.text
