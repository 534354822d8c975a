import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanabi.engine.cuts import Cuts
from hanabi.engine.loop import EngineLoop
from hanabi.engine.mock import EOS, MockRunner, continuation, logits_after
from hanabi.engine.occupancy import Occupancy
from hanabi.generation.events import PromptEvent, TokenEvent
from hanabi.generation.request import GenerationRequest
from hanabi.sampling.params import SamplingParams

GREEDY = SamplingParams(temperature=0)
prompts = st.lists(st.integers(0, 255), min_size=1, max_size=40).map(tuple)


def greedy(*prompts, max_tokens=5, **options):
    options = {"sampling": GREEDY, "end_ids": (EOS,)} | options
    return GenerationRequest(prompts=prompts, max_tokens=max_tokens, **options)


def step(loop):
    """Run a whole step; its events."""
    events = []
    for pass_ in loop.plan():
        loop.run(pass_)
        events.extend(loop.events())
    return events + loop.events()


def drain(loop, steps=1000):
    """Run to the end; events by request id."""
    events = {}
    for _ in range(steps):
        for request_id, batch in step(loop):
            events.setdefault(request_id, []).extend(batch)
        if not loop.has_work:
            return events
    raise AssertionError("the loop does not come to an end")


def tokens_of(events, choice=0):
    return [e.token for e in events if isinstance(e, TokenEvent) and e.choice == choice]


def finish_of(events, choice=0):
    finishes = [e.finish for e in events if isinstance(e, TokenEvent) and e.choice == choice]
    assert finishes[:-1] == [None] * (len(finishes) - 1)
    return finishes[-1]


@settings(max_examples=60, deadline=None)
@given(
    requests=st.lists(
        st.tuples(st.lists(prompts, min_size=1, max_size=3), st.integers(1, 6), st.integers(0, 6)),
        min_size=1,
        max_size=6,
    ),
    slots=st.integers(1, 4),
    budget=st.integers(1, 30),
    arrivals=st.lists(st.integers(0, 4), min_size=6, max_size=6),
    keys=st.lists(st.sampled_from("abc"), min_size=6, max_size=6),
    cuts=st.sampled_from(Cuts),
)
def test_every_choice_gets_the_tokens_it_would_get_alone(
    requests, slots, budget, arrivals, *, keys, cuts
):
    runner = MockRunner(slots=slots, max_outputs=slots + 12, cuts=cuts)
    loop = EngineLoop(runner, token_budget=budget)
    events = {}
    for number, (request_prompts, n, max_tokens) in enumerate(requests):
        request = greedy(*request_prompts, n=n, max_tokens=max_tokens, key=keys[number])
        loop.submit(number, request)
        for _ in range(arrivals[number]):
            for request_id, batch in step(loop):
                events.setdefault(request_id, []).extend(batch)
    for request_id, batch in drain(loop).items():
        events.setdefault(request_id, []).extend(batch)
    for number, (request_prompts, n, max_tokens) in enumerate(requests):
        for index, prompt in enumerate(request_prompts):
            for k in range(n):
                choice = index * n + k
                expected = continuation(prompt, max_tokens) if max_tokens else [None]
                assert tokens_of(events[number], choice) == expected
                ended = expected[-1] == EOS
                assert finish_of(events[number], choice) == ("stop" if ended else "length")
    assert runner.largest_batch <= max(budget, slots, runner.pieces.tile)
    assert not loop.has_work


def test_a_prompt_is_computed_once_for_all_its_choices():
    runner = MockRunner(slots=3)
    loop = EngineLoop(runner, token_budget=64)
    loop.submit(1, greedy(tuple(range(50)), n=7, max_tokens=4, end_ids=()))
    events = drain(loop)[1]
    assert runner.computed_tokens == 50 + 7 * 3  # the last token of each is never decoded
    assert [e for e in events if isinstance(e, PromptEvent)] == [PromptEvent(0)]


def test_a_short_request_is_served_while_many_choices_of_another_wait():
    loop = EngineLoop(MockRunner(slots=2), token_budget=64)
    loop.submit(1, greedy((1, 2, 3), n=40, max_tokens=4))
    step(loop)
    loop.submit(2, greedy((4, 5), max_tokens=2))
    seen = []
    for _ in range(12):
        seen.extend(request_id for request_id, _ in step(loop))
    assert 2 in seen


def test_prompt_rows_score_each_token_given_those_before_it():
    runner = MockRunner(slots=2, max_outputs=12)
    loop = EngineLoop(runner, token_budget=8)
    prompt = tuple(range(10, 30))
    loop.submit(1, greedy(prompt, max_tokens=0, prompt_logprobs=2))
    prompt_event, end = drain(loop)[1]
    assert end == TokenEvent(0, None, "length")
    assert len(prompt_event.rows) == len(prompt)
    assert prompt_event.rows[0].logprob == 0.0
    assert prompt_event.rows[0].top == ()
    for position in range(1, len(prompt)):
        logits = logits_after(prompt[:position]).astype(np.float64)
        reference = logits - np.log(np.exp(logits).sum())
        row = prompt_event.rows[position]
        assert row.logprob == pytest.approx(reference[prompt[position]], abs=1e-5)
        assert [token for token, _ in row.top] == list(np.argsort(-reference)[:2])


def test_a_row_comes_with_every_generated_token_when_asked_for():
    loop = EngineLoop(MockRunner(), token_budget=64)
    loop.submit(1, greedy((1, 2, 3), n=2, max_tokens=3, logprobs=0))
    rows = [e.row for e in drain(loop)[1] if isinstance(e, TokenEvent)]
    assert len(rows) == 6
    assert all(row is not None and row.top == () and row.logprob < 0 for row in rows)


@settings(max_examples=60, deadline=None)
@given(moments=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), max_size=8))
def test_cancelled_choices_free_their_slots_and_leave_the_others_alone(moments):
    loop = EngineLoop(MockRunner(slots=2), token_budget=16)
    loop.submit(1, greedy((7, 8, 9), n=6, max_tokens=6))
    loop.submit(2, greedy((1, 2), max_tokens=6))
    cancelled = set()
    events = {1: [], 2: []}
    for number in range(13):
        for moment, choice in moments:
            if moment == number:
                loop.cancel(1, choice)
                cancelled.add(choice)
        for request_id, batch in step(loop):
            events[request_id].extend(batch)
    for request_id, batch in drain(loop).items():
        events[request_id].extend(batch)
    for choice in set(range(6)) - cancelled:
        assert tokens_of(events[1], choice) == continuation((7, 8, 9), 6)
    assert tokens_of(events[2]) == continuation((1, 2), 6)
    assert not loop.has_work


def test_a_cancelled_request_leaves_nothing_behind():
    loop = EngineLoop(MockRunner(slots=2), token_budget=4)
    for request_id in range(5):
        loop.submit(request_id, greedy(tuple(range(20)), n=3, max_tokens=50))
    for _ in range(9):
        step(loop)
    for request_id in range(5):
        loop.cancel(request_id)
    loop.submit(9, greedy((1, 2), max_tokens=3))
    assert tokens_of(drain(loop)[9]) == continuation((1, 2), 3)
    loop.cancel(9)
    assert not loop.has_work


def test_how_full_it_is():
    loop = EngineLoop(MockRunner(slots=2), token_budget=64)
    assert loop.occupancy == Occupancy()
    loop.submit(1, greedy(tuple(range(10)), n=3, max_tokens=50))
    loop.submit(2, greedy((7, 8), max_tokens=50))
    assert loop.occupancy == Occupancy(0, 2, 0)
    step(loop)  # both prompts are computed, and each has its first token
    assert loop.occupancy == Occupancy(2, 2, 12)
    step(loop)
    assert loop.occupancy == Occupancy(2, 2, 14)
    loop.cancel(1)
    assert loop.occupancy == Occupancy(1, 0, 3)
    loop.cancel(2)
    assert loop.occupancy == Occupancy()


def test_it_tells_once_who_has_waited_long_enough():
    loop = EngineLoop(MockRunner(slots=1), token_budget=4)
    loop.submit(1, greedy(tuple(range(10)), max_tokens=2))
    loop.submit(2, greedy((7, 8), max_tokens=2))
    assert loop.begun() == []
    loop.plan()
    assert loop.begun() == [1]
    drain(loop)
    assert loop.begun() == [2]  # the first has begun, though its plan was not run


def test_an_aborted_decode_is_computed_again():
    runner = MockRunner(slots=2)
    loop = EngineLoop(runner, token_budget=6)
    loop.submit(1, greedy((1, 2, 3, 4, 5, 6, 7, 8), max_tokens=4))
    loop.submit(2, greedy((9,), max_tokens=4))
    events = {1: [], 2: []}
    for number in range(12):
        if number % 3 == 1:
            runner.abort()
        for request_id, batch in step(loop):
            events[request_id].extend(batch)
        runner.resume()
    for request_id, batch in drain(loop).items() if loop.has_work else ():
        events[request_id].extend(batch)
    assert tokens_of(events[1]) == continuation((1, 2, 3, 4, 5, 6, 7, 8), 4)
    assert tokens_of(events[2]) == continuation((9,), 4)


def test_choices_of_a_seed_differ_and_repeat():
    def run():
        loop = EngineLoop(MockRunner(slots=2), token_budget=16)
        sampling = SamplingParams(temperature=1, seed=5)
        loop.submit(1, greedy((1, 2), n=5, max_tokens=6, sampling=sampling, end_ids=()))
        events = drain(loop)[1]
        return [tuple(tokens_of(events, choice)) for choice in range(5)]

    assert run() == run()
    assert len(set(run())) == 5


def test_a_choice_ends_where_its_own_prompt_leaves_no_more_room():
    loop = EngineLoop(MockRunner(slots=2, context_length=30), token_budget=64)
    long, short = tuple(range(26)), (1, 2)
    loop.submit(1, greedy(long, short, max_tokens=10, end_ids=()))
    events = drain(loop)[1]
    assert tokens_of(events, 0) == [logits_after(long).argmax(), *tokens_of(events, 0)[1:]]
    assert [len(tokens_of(events, choice)) for choice in (0, 1)] == [4, 10]
    assert finish_of(events, 0) == "length"
