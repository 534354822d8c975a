"""Temperature 0 repeats, a seed repeats, and choices differ; alone and among neighbours."""

import asyncio

import pytest

from .api import joined, text_of, user

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

LONG = "The river runs past the mill, and the mill stands by the old stone bridge. " * 9
REQUESTS = {
    "greedy": {"prompt": "Say this is a test", "temperature": 0},
    "greedy_after_a_long_prompt": {"prompt": LONG, "temperature": 0},
    "greedy_chat": {"messages": user("Name three colours."), "temperature": 0},
    "seed": {"prompt": "Say this is a test", "seed": 5},
    "seed_in_the_nucleus": {"prompt": "Once upon a time", "seed": 5, "top_p": 0.9, "top_k": 50},
    "drafted": {"prompt": f"{LONG}\n\nOnce more, word for word:\n{LONG[:150]}", "temperature": 0},
    "seed_and_drafted": {"prompt": LONG, "seed": 5, "temperature": 0.7},
    "seed_with_choices": {"prompt": "Once upon a time", "seed": 5, "n": 3},
}
NEIGHBOURS = [
    {"prompt": "One, two,", "max_tokens": 7},
    {"prompt": LONG, "max_tokens": 3, "logprobs": 1},
    {"messages": user("Tell me of the sea."), "max_tokens": 12},
    {"prompt": "In 1984", "max_tokens": 16, "seed": 5},
    {"prompt": ["A", "B"], "max_tokens": 5, "temperature": 0},
    {"prompt": "Say this is", "max_tokens": 10, "temperature": 2},
]


def texts(reply):
    return [text_of(choice) for choice in reply["choices"]]


@pytest.mark.parametrize("name", REQUESTS)
async def test_the_same_request_repeats(api, name):
    request = REQUESTS[name] | {"max_tokens": 40 if "drafted" in name else 12}
    alone = await api.ask(**request)
    assert all(texts(alone))
    again = await api.ask(**request)
    among, *_ = await asyncio.gather(
        api.ask(**request), *(api.ask(**neighbour) for neighbour in NEIGHBOURS)
    )
    assert texts(again) == texts(alone)
    assert texts(among) == texts(alone)


async def test_another_seed_is_another_text(api):
    request = {"prompt": "Once upon a time", "max_tokens": 12}
    seeds = [await api.text(**request, seed=seed) for seed in (1, 2, 3)]
    assert len(set(seeds)) == 3


async def test_no_seed_is_another_text_each_time(api):
    request = {"prompt": "Once upon a time", "max_tokens": 12, "temperature": 1}
    assert await api.text(**request) != await api.text(**request)


@pytest.mark.parametrize("seed", [{}, {"seed": 5}])
async def test_choices_differ_from_one_another(api, seed):
    reply = await api.ask(prompt="Once upon a time", n=4, temperature=1, max_tokens=12, **seed)
    assert len(set(texts(reply))) == 4


async def test_more_choices_than_slots(api):
    request = {"prompt": "Once upon a time", "n": 20, "max_tokens": 4, "seed": 5}
    reply = await api.ask(**request)
    assert [choice["index"] for choice in reply["choices"]] == list(range(20))
    assert {choice["finish_reason"] for choice in reply["choices"]} == {"length"}
    assert len(set(texts(reply))) > 10
    prompt = reply["usage"]["prompt_tokens"]
    assert reply["usage"] == {
        "prompt_tokens": prompt,
        "completion_tokens": 80,
        "total_tokens": prompt + 80,
    }
    # A choice is the same however many others there are, and whichever slot it got.
    assert texts(reply)[:3] == texts(await api.ask(**request | {"n": 3}))


async def test_more_greedy_choices_than_slots_are_all_the_same(api):
    reply = await api.ask(prompt="Say this is a test", n=12, max_tokens=4, temperature=0)
    assert len(set(texts(reply))) == 1


async def test_temperature_does_not_move_logprobs(api):
    request = {"prompt": "Say this is a test", "max_tokens": 1, "logprobs": 5}
    rows = [
        (await api.ask(**request, temperature=temperature))["choices"][0]["logprobs"]
        for temperature in (0, 0.5, 2)
    ]
    assert rows[0]["top_logprobs"] == rows[1]["top_logprobs"] == rows[2]["top_logprobs"]


async def test_a_stream_repeats_too(api):
    request = {"prompt": "Say this is a test", "temperature": 0, "max_tokens": 12}
    streams = await asyncio.gather(*(api.chunks(**request) for _ in range(8)))
    assert {joined(chunks) for chunks in streams} == {await api.text(**request)}
