"""Drafts in the loop over the mock: no token changes, and fewer passes are made."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanabi.engine import mock
from hanabi.engine.loop import EngineLoop
from hanabi.engine.mock import EOS, VOCAB, MockRunner
from hanabi.generation.events import PromptEvent, TokenEvent
from hanabi.generation.request import GenerationRequest
from hanabi.sampling.params import SamplingParams

GREEDY = SamplingParams(temperature=0)
SEEDED = SamplingParams(temperature=0.9, seed=7)


def periodic_logits(tokens):
    """A model that mostly repeats what stood twelve tokens before, and now and then does not."""
    rng = np.random.default_rng(abs(hash(tuple(tokens[-12:]))))
    logits = rng.normal(0, 1, VOCAB.size).astype(np.float32)
    if len(tokens) >= 12 and len(tokens) % 29:
        logits[tokens[-12]] += 9
    return logits


class Runner(MockRunner):
    """Counts its decodes."""

    def __init__(self, *, exact_cuts=True, **limits):
        super().__init__(**limits)
        self.exact_cuts = exact_cuts
        self.decodes = 0

    def decode(self, chunks):
        self.decodes += 1
        return super().decode(chunks)


@pytest.fixture(autouse=True)
def repeating(monkeypatch):
    monkeypatch.setattr(mock, "logits_after", periodic_logits)


def run(runner, requests):
    """Submit each request at its step; the events by request."""
    loop = EngineLoop(runner, token_budget=24, clock=lambda: 0.0)
    events = {number: [] for number in range(len(requests))}
    step = 0
    while loop.has_work or step <= max(at for at, _ in requests):
        for number, (at, request) in enumerate(requests):
            if at == step:
                loop.submit(number, request)
        for pass_ in loop.plan():
            loop.run(pass_)
        for number, told in loop.events():
            events[number].extend(told)
        step += 1
        assert step < 3000
    return events, loop


def request(prompt, max_tokens=60, sampling=GREEDY, **options):
    return GenerationRequest(
        prompts=(tuple(prompt),),
        max_tokens=max_tokens,
        sampling=sampling,
        end_ids=(EOS,),
        **options,
    )


def tokens(events, choice=0):
    return [
        (event.token, event.finish, event.row)
        for event in events
        if isinstance(event, TokenEvent) and event.choice == choice
    ]


@pytest.mark.parametrize(
    "sampling", [GREEDY, SEEDED, SamplingParams(seed=3, frequency_penalty=0.5)]
)
@pytest.mark.parametrize("logprobs", [None, 2])
def test_a_draft_changes_no_token(sampling, logprobs):
    asked = [(0, request(range(20, 50), sampling=sampling, logprobs=logprobs))]
    drafting, plain = Runner(), Runner(exact_cuts=False)
    events, loop = run(drafting, asked)
    assert tokens(events[0]) == tokens(run(plain, asked)[0][0])
    assert loop.total.drafted_tokens >= loop.total.accepted_tokens


def test_what_repeats_takes_fewer_passes():
    asked = [(0, request(range(20, 32), max_tokens=200))]
    drafting, plain = Runner(), Runner(exact_cuts=False)
    _, loop = run(drafting, asked)
    run(plain, asked)
    assert drafting.decodes < plain.decodes / 2
    assert loop.total.accepted_tokens > 100


@pytest.mark.parametrize("max_tokens", range(1, 40))
def test_no_token_is_over_the_limit(max_tokens):
    events, _ = run(Runner(), [(0, request([*range(20, 32)] * 3, max_tokens=max_tokens))])
    found = tokens(events[0])
    assert len(found) <= max_tokens
    assert [finish for _, finish, _ in found[:-1]] == [None] * (len(found) - 1)
    assert found[-1][1] is not None


def test_a_full_slot_is_not_outgrown():
    runner = Runner(context_length=64)
    events, _ = run(runner, [(0, request([*range(20, 32)] * 2, max_tokens=500))])
    assert len(tokens(events[0])) <= 64 - 24


def test_beside_others_nothing_is_drafted():
    asked = [(0, request(range(20, 32))), (0, request(range(40, 52)))]
    loop = EngineLoop(Runner(), token_budget=24, clock=lambda: 0.0)
    for number, (_, one) in enumerate(asked):
        loop.submit(number, one)
    while loop.occupancy.running == 2 or not loop.occupancy.running:
        passes = loop.plan()
        if loop.occupancy.running < 2:
            break
        assert not any(pass_.has_draft for pass_ in passes)
        for pass_ in passes:
            loop.run(pass_)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 40),
            st.integers(1, 40),
            st.integers(1, 50),
            st.sampled_from([GREEDY, SEEDED]),
            st.integers(1, 3),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_neighbours_who_come_and_go_change_no_token(plan):
    asked = [
        (at, request([*range(20, 20 + size)], max_tokens, sampling, n=n))
        for at, size, max_tokens, sampling, n in plan
    ]
    events, _ = run(Runner(), asked)
    plain, _ = run(Runner(exact_cuts=False), asked)
    for number, (*_, n) in enumerate(plan):
        for choice in range(n):
            assert tokens(events[number], choice) == tokens(plain[number], choice)


def test_a_reply_is_cached_for_the_next_turn():
    runner = Runner()
    prompt = [*range(20, 50)]
    loop = EngineLoop(runner, token_budget=24, clock=lambda: 0.0)
    loop.submit(0, request(prompt, max_tokens=31))
    events = {0: [], 1: []}

    def finish():
        while loop.has_work:
            for pass_ in loop.plan():
                loop.run(pass_)
            for number, told in loop.events():
                events[number].extend(told)

    finish()
    reply = [token for token, _, _ in tokens(events[0])]
    loop.submit(1, request([*prompt, *reply, 60, 61], max_tokens=4))
    finish()
    (told,) = [event for event in events[1] if isinstance(event, PromptEvent)]
    held = len(prompt) + len(reply) - 1  # the last token was never decoded
    assert told.cached == held // runner.pieces.size * runner.pieces.size
