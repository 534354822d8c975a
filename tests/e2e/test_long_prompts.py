"""A long prompt: refused with both numbers when it does not fit, and no stall for the others."""

import asyncio
import itertools
import time

import pytest

from .api import user

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

CONTEXT = 2048
SENTENCE = "The quick brown fox jumps over the lazy dog. "
LONG = SENTENCE * (100_000 // len(SENTENCE))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("source", [{"prompt": LONG}, {"messages": user(LONG)}])
async def test_a_prompt_that_does_not_fit_is_refused_before_any_header(api, source, stream):
    response = await api.post(**source, stream=stream)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/json"
    error = response.json()["error"]
    length = len(await api.tokenize(LONG))
    if "prompt" in source:
        assert error["message"] == (
            f"The prompt is too long: {length}, model maximum context length: {CONTEXT - 1}"
        )
    else:
        assert f"model maximum context length: {CONTEXT - 1}" in error["message"]
    assert error["param"] == next(iter(source))


async def test_the_longest_prompts_that_fit(api):
    ids = await api.tokenize(LONG)
    whole = await api.post(prompt=ids[: CONTEXT + 1], max_tokens=0)
    assert whole.status_code == 400
    assert f"too long: {CONTEXT + 1}, model maximum context length: {CONTEXT}" in whole.text
    both = {"max_tokens": 30, "context_length_exceeded_behavior": "error"}
    too_many = await api.post(prompt=ids[: CONTEXT - 20], **both)
    assert too_many.status_code == 400
    assert f"{CONTEXT - 20} + 30" in too_many.text


class Watched:
    """A stream under way, and when its pieces came."""

    def __init__(self):
        self.times = []

    async def read(self, events):
        async for _ in events:
            self.times.append(time.monotonic())

    async def pieces_during(self, work):
        """How many pieces came while `work` was under way."""
        began = time.monotonic()
        await work
        ended = time.monotonic()
        times = [moment for moment in self.times if began < moment < ended]
        gaps = [later - earlier for earlier, later in itertools.pairwise([began, *times, ended])]
        print(f"{len(times)} pieces in {ended - began:.3f} s; longest gap {max(gaps):.3f} s")  # noqa: T201 - a figure for whoever runs pytest with -rP
        return len(times)


@pytest.fixture
async def watched(api):
    watched = Watched()
    endless = {"prompt": "Once upon a time", "max_tokens": 1900, "ignore_eos": True}
    async with api.stream(**endless) as stream:
        events = aiter(stream)
        assert "choices" in await anext(events)
        reading = asyncio.create_task(watched.read(events))
        yield watched
        reading.cancel()
        await asyncio.wait([reading])


async def test_a_stream_goes_on_while_a_long_text_is_tokenized(api, watched):
    # Several at once, so that even a fast machine needs some of the stream's steps for them.
    prompts = [api.post(prompt=LONG * 3) for _ in range(4)]
    assert await watched.pieces_during(asyncio.gather(*prompts)) > 1


async def test_a_stream_goes_on_while_a_long_prompt_is_computed(api, watched):
    prompt = (await api.tokenize(LONG))[:600]
    assert await watched.pieces_during(api.ask(prompt=prompt, max_tokens=1)) > 1
