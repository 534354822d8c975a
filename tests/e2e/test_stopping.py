"""Stop strings cut exactly, wherever they fall among tokens, and none of one leaks in a stream."""

import asyncio

import pytest

from .api import joined

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

GREEDY = {"prompt": "Say this is a test", "temperature": 0, "max_tokens": 24}
NEVER = "\N{SNOWMAN}"


@pytest.fixture
async def reply(api):
    """The greedy text without stop strings, and where its tokens begin in it."""
    reply = await api.ask(**GREEDY, logprobs=0)
    choice = reply["choices"][0]
    assert choice["finish_reason"] == "length"
    return choice["text"], choice["logprobs"]["text_offset"]


async def cut(api, text, stop):
    """Ask for the text with stop strings, streamed and not; both must be cut before the first."""
    expected = text[: min(text.find(string) for string in stop if string in text)]
    answer, chunks = await asyncio.gather(
        api.ask(**GREEDY, stop=stop), api.chunks(**GREEDY, stop=stop)
    )
    choice = answer["choices"][0]
    assert (choice["text"], choice["finish_reason"]) == (expected, "stop")
    assert joined(chunks) == expected
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("token", [1, 3, 7, 12, 16])
@pytest.mark.parametrize("tokens", [0, 1, 2])
async def test_a_stop_string_across_token_borders(api, reply, token, tokens):
    text, offsets = reply
    start = offsets[token] - 1
    stop = text[start : offsets[token + tokens] + 1]
    assert sum(start < offset < start + len(stop) for offset in offsets) == tokens + 1
    await cut(api, text, [stop])


async def test_the_first_of_several_stop_strings(api, reply):
    text, offsets = reply
    late, early = (text[offsets[token] - 2 : offsets[token] + 2] for token in (12, 6))
    await cut(api, text, [NEVER, late, early])


async def test_a_stop_string_at_the_very_start(api, reply):
    text, _ = reply
    await cut(api, text, [text[:3]])


@pytest.mark.parametrize("token", [1, 7, 16])
async def test_nothing_is_lost_that_only_begins_like_a_stop_string(api, reply, token):
    text, offsets = reply
    stop = text[offsets[token] - 1 : offsets[token + 1] + 1] + NEVER
    chunks = await api.chunks(**GREEDY, stop=stop)
    assert joined(chunks) == text
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"


async def test_a_half_stop_string_at_the_end_comes_out(api, reply):
    text, _ = reply
    chunks = await api.chunks(**GREEDY, stop=text[-3:] + NEVER)
    assert joined(chunks) == text


async def test_the_end_token_ends_a_choice_unless_ignored(api):
    end = 2
    assert await api.detokenize(end) == "<|im_end|>"
    forced = {"prompt": "Hi", "logit_bias": {end: 100}, "temperature": 0, "max_tokens": 3}
    ended = await api.ask(**forced, logprobs=0)
    assert ended["choices"][0]["finish_reason"] == "stop"
    assert ended["choices"][0]["text"] == ""
    assert ended["choices"][0]["logprobs"]["token_ids"] == [end]
    assert ended["usage"]["completion_tokens"] == 1
    going = await api.ask(**forced, ignore_eos=True, logprobs=0)
    assert going["choices"][0]["finish_reason"] == "length"
    assert going["choices"][0]["logprobs"]["token_ids"] == [end] * 3
    assert going["choices"][0]["text"] == ""
