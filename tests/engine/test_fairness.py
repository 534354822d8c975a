"""One key's flood and another key's single request, in the loop over the mock."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanabi.engine.cuts import Cuts
from hanabi.engine.loop import EngineLoop
from hanabi.engine.mock import MockRunner, continuation
from hanabi.generation.events import TokenEvent
from hanabi.generation.request import GenerationRequest
from hanabi.sampling.params import SamplingParams

GREEDY = SamplingParams(temperature=0)
LONG = 100


def asked(key, prompt=(1, 2, 3), max_tokens=LONG, n=1):
    return GenerationRequest(
        prompts=(prompt,), max_tokens=max_tokens, n=n, sampling=GREEDY, key=key
    )


def loop_of(slots, cuts=Cuts.ANYWHERE):
    return EngineLoop(MockRunner(slots=slots, cuts=cuts), token_budget=16)


def step(loop, tokens):
    """Run a step and add its tokens to those of each request and choice."""
    for pass_ in loop.plan():
        loop.run(pass_)
    for request_id, events in loop.events():
        for event in events:
            if isinstance(event, TokenEvent):
                tokens.setdefault((request_id, event.choice), []).append(event.token)


def flooded(slots, requests=20, **options):
    loop, tokens = loop_of(slots), {}
    for number in range(requests):
        loop.submit(number, asked("flood", (number,), **options))
    for _ in range(10):
        step(loop, tokens)
    return loop, tokens


@pytest.mark.parametrize("options", [{}, {"n": 8}])
@pytest.mark.parametrize("slots", [2, 4])
def test_a_lone_request_does_not_wait_for_a_flood(slots, options):
    loop, tokens = flooded(slots, **options)
    loop.submit(100, asked("lone"))
    for _ in range(2):
        step(loop, tokens)
    assert (100, 0) in tokens


def test_slots_are_shared_evenly_between_keys():
    loop, tokens = flooded(4)
    for number in range(100, 120):
        loop.submit(number, asked("other", (number,)))
    for _ in range(3):
        step(loop, tokens)
    before = {choice: len(ids) for choice, ids in tokens.items()}
    step(loop, tokens)
    grown = [request for (request, _), ids in tokens.items() if before[request, 0] < len(ids)]
    assert sorted(request >= 100 for request in grown) == [False, False, True, True]


def test_a_single_key_has_all_slots():
    _, tokens = flooded(4)
    assert len(tokens) == 4


def test_one_slot_is_not_taken_away():
    loop, tokens = flooded(1)
    loop.submit(100, asked("lone"))
    for _ in range(5):
        step(loop, tokens)
    assert set(tokens) == {(0, 0)}
    loop.cancel(0)
    for _ in range(3):
        step(loop, tokens)
    assert (100, 0) in tokens, "after the running request it is the other key's turn"


@pytest.mark.parametrize("choice", [None, 0])
def test_a_paused_request_can_be_cancelled(choice):
    loop, tokens = flooded(2, requests=2)
    loop.submit(100, asked("lone"))
    for _ in range(2):
        step(loop, tokens)
    paused = min(range(2), key=lambda number: len(tokens[number, 0]))
    loop.cancel(paused, choice)
    loop.cancel(1 - paused)
    loop.cancel(100)
    assert not loop.has_work


@pytest.mark.parametrize("cuts", Cuts)
def test_what_a_cancelled_one_has_saved_goes_to_its_sibling(cuts):
    loop, tokens = loop_of(2, cuts), {}
    prompt = (7, 8)
    for number in range(2):
        loop.submit(number, asked("flood", prompt, n=3))
    for _ in range(3):
        step(loop, tokens)
    loop.submit(100, asked("lone"))
    step(loop, tokens)
    paused = next(n for n in range(2) if len(tokens[n, 0]) < max(map(len, tokens.values())))
    loop.cancel(paused, 0)
    loop.cancel(100)
    loop.cancel(1 - paused)
    while loop.has_work:
        step(loop, tokens)
    for k in (1, 2):
        alone = continuation(prompt, LONG)
        assert tokens[paused, k][: len(alone)] == alone


@settings(max_examples=50, deadline=None)
@given(
    requests=st.lists(
        st.tuples(
            st.sampled_from("abcd"),
            st.lists(st.integers(0, 255), min_size=1, max_size=30).map(tuple),
            st.integers(1, 3),
            st.integers(1, 20),
        ),
        min_size=2,
        max_size=12,
    ),
    slots=st.integers(1, 4),
    pauses=st.lists(st.integers(0, 6), min_size=12, max_size=12),
    cancels=st.dictionaries(st.integers(0, 11), st.integers(0, 2), max_size=4),
    cuts=st.sampled_from(Cuts),
)
def test_what_is_paused_goes_on_as_if_it_had_never_been(requests, slots, pauses, cancels, cuts):
    loop, tokens = loop_of(slots, cuts), {}
    cancelled = set()
    for number, (key, prompt, n, max_tokens) in enumerate(requests):
        loop.submit(number, asked(key, prompt, max_tokens, n))
        for _ in range(pauses[number]):
            step(loop, tokens)
        if number in cancels:  # a choice of an earlier request, or of this one
            earlier = number // 2
            loop.cancel(earlier, cancels[number])
            cancelled.add((earlier, cancels[number]))
    for _ in range(2000):
        if not loop.has_work:
            break
        step(loop, tokens)
    assert not loop.has_work
    for number, (_, prompt, n, max_tokens) in enumerate(requests):
        alone = continuation(prompt, max_tokens)
        for k in range(n):
            if (number, k) in cancelled:
                continue
            assert tokens[number, k][: len(alone)] == alone
            assert len(tokens[number, k]) == max_tokens
