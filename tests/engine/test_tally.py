"""Every token that an engine computed is in a request's usage, or discarded: once, and by name."""

import asyncio
import os
import random
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanabi.engine.engine import Engine
from hanabi.engine.generation import EngineGeneration, tokens_in
from hanabi.engine.loop import EngineLoop
from hanabi.engine.messages import Computed
from hanabi.engine.mock import MockRunner
from hanabi.engine.tally import Tally
from hanabi.errors import EngineCrashedError, HanabiError
from hanabi.generation.events import PromptEvent, TokenEvent
from hanabi.generation.request import GenerationRequest
from hanabi.sampling.params import SamplingParams


def request(*prompts, n=1, max_tokens=5):
    return GenerationRequest(
        prompts=prompts, n=n, max_tokens=max_tokens, sampling=SamplingParams(temperature=0)
    )


class Canceller:
    def __init__(self):
        self.tally = Tally()
        self.cancelled = []

    def cancel(self, _request_id, choice):
        self.cancelled.append(choice)

    def forget(self, _request_id):
        pass

    def discard(self, tokens, reason):
        self.tally.discarded[reason] += tokens


def test_a_process_reports_totals_and_a_new_one_begins_at_zero():
    tally = Tally()
    tally.advance(Computed(), Computed(5, 2, 64, 1, 2))
    tally.advance(Computed(5, 2, 64, 1, 2), Computed(7, 2, 192, 2, 2))
    tally.advance(Computed(), Computed(1, 1, 0, 0, 1))
    assert (tally.prompt_tokens, tally.generated_tokens) == (8, 3)
    assert (tally.cached_tokens, tally.cache_hits, tally.cache_misses) == (192, 2, 3)


def test_what_waits_at_a_cancel_is_discarded():
    canceller = Canceller()
    generation = EngineGeneration(request((1,), n=2), canceller, 1)
    generation.push([PromptEvent(0), TokenEvent(0, 7), TokenEvent(1, 7), TokenEvent(0, 8)])
    generation.cancel(0)
    assert canceller.tally.discarded == {"stop": 2}
    generation.push([TokenEvent(0, 9), TokenEvent(1, 9)])
    assert canceller.tally.discarded == {"stop": 3}
    generation.cancel()
    generation.cancel()
    assert canceller.tally.discarded == {"stop": 3, "ended": 2}
    assert canceller.cancelled == [0, None]


@pytest.mark.parametrize("failed", [True, False])
def test_what_nobody_takes_of_a_request_that_has_ended_is_discarded(failed):
    canceller = Canceller()
    generation = EngineGeneration(request((1,)), canceller, 1)
    generation.push([TokenEvent(0, 7), TokenEvent(0, 8, None if failed else "length")])
    if failed:
        generation.fail(HanabiError("gone"))
    generation.cancel()
    assert canceller.tally.discarded == {"ended": 2}
    assert canceller.cancelled == []


def test_an_end_without_a_token_counts_none():
    assert tokens_in([PromptEvent(0), TokenEvent(0, None, "length"), TokenEvent(1, 0)]) == 1


@settings(max_examples=60, deadline=None)
@given(
    requests=st.lists(
        st.tuples(
            st.lists(st.integers(1, 40), min_size=1, max_size=3),
            st.integers(1, 4),
            st.integers(0, 6),
            st.none() | st.integers(0, 12),
        ),
        min_size=1,
        max_size=5,
    ),
    slots=st.integers(1, 4),
    aborted=st.sets(st.integers(0, 10)),
)
def test_the_loop_tells_of_every_token_that_it_counts(requests, slots, aborted):
    """Also with cancels at any step, and decodes that are cut short."""
    runner = MockRunner(slots=slots, max_outputs=slots + 12)
    loop = EngineLoop(runner, token_budget=8)
    for number, (lengths, n, max_tokens, _) in enumerate(requests):
        prompts = [tuple(range(length)) for length in lengths]
        loop.submit(number, request(*prompts, n=n, max_tokens=max_tokens))
    prefilled, cached, generated, step = {}, {}, 0, 0
    while loop.has_work:
        for number, (*_, cancel_at) in enumerate(requests):
            if step == cancel_at:
                loop.cancel(number)
        runner.aborted = step in aborted
        for pass_ in loop.plan():
            loop.run(pass_)
            runner.aborted = False
            for number, events in loop.events():
                generated += tokens_in(events)
                cached[number] = cached.get(number, 0) + cached_in(events)
            for number, tokens in loop.prefilled():
                prefilled[number] = prefilled.get(number, 0) + tokens
        generated += sum(tokens_in(events) for _, events in loop.events())
        step += 1
    total = loop.total
    assert (total.prompt_tokens, total.generated_tokens) == (sum(prefilled.values()), generated)
    assert total.cached_tokens == sum(cached.values())
    for number, (lengths, *_, cancel_at) in enumerate(requests):
        if cancel_at is None:
            # Each prompt once, whatever n is.
            assert prefilled[number] + cached.get(number, 0) == sum(lengths)
        else:
            assert prefilled.get(number, 0) <= sum(lengths)


def cached_in(events):
    return sum(event.cached for event in events if isinstance(event, PromptEvent))


async def used(generation, *, leave_after):
    """The generated tokens that a client gets that leaves after so many steps; None: it stays."""
    tokens = 0
    async for events in generation:
        tokens += tokens_in(events)
        if leave_after is not None:
            leave_after -= 1
            if leave_after <= 0:
                generation.cancel()
    generation.cancel()
    return tokens


async def settled(tally):
    """Wait until a whole round of the engine has brought nothing new."""
    before = None
    while before != (now := (tally.prompt_tokens, tally.generated_tokens)):
        before = now
        await asyncio.sleep(0.2)


@pytest.mark.anyio
async def test_usage_and_discards_are_the_engines_own_sums(tmp_path, config, command):
    chance = random.Random(5)
    tally = Tally()
    engine = Engine(tmp_path / "mock.gguf", config, command, tally)
    await engine.start()
    generations, tokens = [], 0
    for _ in range(40):
        batch = [
            engine.submit(request(tuple(range(chance.randint(1, 200))), n=chance.randint(1, 3)))
            for _ in range(5)
        ]
        generations += batch
        tokens += sum(
            await asyncio.gather(
                *(used(each, leave_after=chance.choice([None, 1, 2, 4])) for each in batch[1:])
            )
        )
        await asyncio.sleep(chance.choice([0, 0.001, 0.005]))
        batch[0].cancel()  # nobody ever listened
    await settled(tally)
    await engine.close()
    prefilled = sum(each.prefilled for each in generations)
    assert tally.prompt_tokens == prefilled + tally.discarded_prompt_tokens > 0
    assert tally.generated_tokens == tokens + sum(tally.discarded.values())
    assert tally.discarded["ended"] > 0


@pytest.mark.anyio
async def test_a_restarted_engine_goes_on_counting(tmp_path, config, command):
    engine = Engine(tmp_path / "mock.gguf", config, command)
    await engine.start()
    first = await used(engine.submit(request((1, 2), max_tokens=3)), leave_after=None)
    os.kill(engine.pid, signal.SIGKILL)
    lost = engine.submit(request((1,), max_tokens=400))
    with pytest.raises(EngineCrashedError):
        await used(lost, leave_after=None)
    await engine.ready()
    before = engine.tally.generated_tokens
    second = await used(engine.submit(request((1, 2, 3), max_tokens=4)), leave_after=None)
    assert (first, second) == (3, 4)
    assert engine.tally.generated_tokens == before + second
    assert engine.tally.prompt_tokens == 2 + lost.prefilled + 3
    await engine.close()
