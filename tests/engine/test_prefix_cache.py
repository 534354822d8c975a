"""What prompts take from one another, in the loop over the mock, whose pieces are 12 tokens."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanabi.engine.cuts import Cuts
from hanabi.engine.loop import EngineLoop
from hanabi.engine.mock import EOS, MockRunner, continuation
from hanabi.engine.scheduler import PATIENCE
from hanabi.generation.events import PromptEvent, TokenEvent
from hanabi.generation.request import GenerationRequest
from hanabi.sampling.params import SamplingParams

PIECE = MockRunner.pieces.tile
GREEDY = SamplingParams(temperature=0)
SYSTEM = tuple(range(100, 100 + 5 * PIECE))


class Runner(MockRunner):
    """Notes what is computed and copied; keeps nothing of replies, as where cuts are not exact."""

    exact_cuts = False

    def __init__(self, **limits):
        super().__init__(**limits)
        self.computed = []
        self.copies = []

    def decode(self, chunks):
        self.computed.extend((chunk.start, tuple(chunk.tokens)) for chunk in chunks)
        return super().decode(chunks)

    def copy(self, source, target):
        self.copies.append((source, target))
        super().copy(source, target)


class Engine:
    """A loop and what it told of each request."""

    def __init__(self, slots=4, budget=64, runner=None):
        self.runner = runner or Runner(slots=slots)
        self.loop = EngineLoop(self.runner, token_budget=budget)
        self.events = {}

    def submit(self, number, *prompts, max_tokens=3, **options):
        options = {"sampling": GREEDY, "end_ids": (EOS,)} | options
        self.loop.submit(
            number, GenerationRequest(prompts=prompts, max_tokens=max_tokens, **options)
        )

    def step(self, steps=1):
        for _ in range(steps):
            for pass_ in self.loop.plan():
                self.loop.run(pass_)
                self.take()
            self.take()

    def take(self):
        for number, events in self.loop.events():
            self.events.setdefault(number, []).extend(events)

    def finish(self):
        for _ in range(3000):
            if not self.loop.has_work:
                return
            self.step()
        raise AssertionError("the loop does not come to an end")

    def ask(self, number, *prompts, **options):
        self.submit(number, *prompts, **options)
        self.finish()
        return self.cached(number)

    def cached(self, number, prompt=0):
        found = [e for e in self.events[number] if isinstance(e, PromptEvent)]
        (cached,) = [event.cached for event in found if event.prompt == prompt]
        return cached

    def tokens(self, number, choice=0):
        events = self.events[number]
        return [e.token for e in events if isinstance(e, TokenEvent) and e.choice == choice]


@pytest.mark.parametrize(
    ("shared", "cached"),
    [(0, 0), (11, 0), (12, 12), (13, 12), (23, 12), (24, 24), (40, 36), (60, 60)],
)
def test_whole_pieces_are_not_computed_again(shared, cached):
    engine = Engine()
    assert engine.ask(1, SYSTEM) == 0
    prompt = (*SYSTEM[:shared], 1, 2, 3)
    before = engine.runner.computed_tokens
    assert engine.ask(2, prompt, max_tokens=1) == cached
    assert engine.runner.computed_tokens - before == len(prompt) - cached
    assert engine.tokens(2) == continuation(prompt, 1)


def test_the_same_prompt_computes_its_last_piece_again():
    engine = Engine()
    assert [engine.ask(number, SYSTEM) for number in range(3)] == [0, 48, 48]
    assert engine.ask(3, (*SYSTEM, 1)) == 60


def test_a_conversation_goes_on_where_its_slot_is():
    engine = Engine()
    turn = SYSTEM
    for number in range(4):
        engine.ask(number, turn)
        turn = (*turn, *engine.tokens(number), *range(number, number + 20))
    assert engine.runner.copies == []
    # What a reply's tokens have left was computed in other passes, and is not used.
    assert [engine.cached(number) for number in range(4)] == [0, 60, 72, 96]


def test_what_is_computed_is_computed_in_the_same_pieces():
    prompt = (*SYSTEM, *range(30))
    cold, warm = Engine(), Engine()
    cold.ask(1, prompt)
    warm.ask(1, (*SYSTEM[:40], 7))
    warm.runner.computed.clear()
    assert warm.ask(2, prompt) == 36
    assert warm.runner.computed == cold.runner.computed[3:]
    assert warm.tokens(2) == cold.tokens(1)


def test_accounts_take_nothing_from_one_another():
    engine = Engine()
    assert engine.ask(1, SYSTEM, account="a", key="x") == 0
    assert engine.ask(2, SYSTEM, account="b", key="x") == 0
    assert engine.ask(3, SYSTEM, account="a", key="y") == 48
    engine.submit(4, SYSTEM[::-1], account="a")
    engine.submit(5, SYSTEM[::-1], account="b")
    engine.finish()
    assert [engine.cached(4), engine.cached(5)] == [0, 0]


def test_a_beginning_of_many_is_computed_once():
    engine = Engine(slots=8)
    prompts = [(*SYSTEM, number) for number in range(20)]
    for number, prompt in enumerate(prompts):
        engine.submit(number, prompt, key=str(number % 3), max_tokens=1)
    engine.finish()
    assert engine.runner.computed_tokens == 60 + 20
    assert sorted(engine.cached(number) for number in range(20)) == [0] + [60] * 19
    assert engine.loop.total.cached_tokens == 19 * 60
    assert (engine.loop.total.cache_hits, engine.loop.total.cache_misses) == (19, 1)
    for number, prompt in enumerate(prompts):
        assert engine.tokens(number) == continuation(prompt, 1)


def test_the_prompts_of_one_request_share_too():
    engine = Engine()
    engine.ask(1, (*SYSTEM, 1), (*SYSTEM, 2), (*SYSTEM[:30], 3), n=3)
    assert [engine.cached(1, prompt) for prompt in range(3)] == [0, 60, 24]


@pytest.mark.parametrize("steps", range(1, 6))
def test_who_waits_for_one_that_is_cancelled_goes_on_alone(steps):
    engine = Engine(budget=PIECE)
    engine.submit(1, (*SYSTEM, 1))
    engine.submit(2, (*SYSTEM, 2))
    engine.submit(3, (*SYSTEM, 3))
    engine.step(steps)
    computed = engine.runner.computed_tokens
    assert computed == steps * PIECE
    engine.loop.cancel(1)
    engine.finish()
    assert engine.cached(2) == computed  # what was computed for the one that left
    assert engine.cached(3) == 60
    assert engine.tokens(2) == continuation((*SYSTEM, 2), 3)
    assert engine.tokens(3) == continuation((*SYSTEM, 3), 3)


def test_two_never_wait_for_each_other():
    """The one that is waited for begins anew, and meanwhile its follower stands before it."""
    engine = Engine(slots=8, budget=5 * PIECE)
    longer = (*SYSTEM, *range(3 * PIECE))
    engine.submit(0, SYSTEM, key="m")
    engine.submit(1, SYSTEM[::-1], key="k")
    engine.submit(2, tuple(range(30)), key="q")
    engine.submit(3, tuple(range(30, 60)), key="q")
    engine.submit(4, (*longer, 1), key="k")  # waits for 0
    engine.submit(5, (*longer, 2), key="q")  # the third of its key; waits for 4, where it may
    engine.step()
    for number in (0, 2, 3):
        engine.loop.cancel(number)
    engine.finish()
    assert engine.tokens(4) == continuation((*longer, 1), 3)
    assert engine.tokens(5) == continuation((*longer, 2), 3)
    assert max(engine.cached(4), engine.cached(5)) == len(longer)


def test_a_running_sequence_is_copied_from_and_keeps_its_slot():
    engine = Engine()
    engine.submit(1, SYSTEM, max_tokens=40, end_ids=())
    engine.step(5)
    engine.submit(2, (*SYSTEM, 1))
    engine.finish()
    assert engine.cached(2) == 60
    assert len(engine.runner.copies) == 1
    assert engine.tokens(1)[:9] == continuation(SYSTEM, 9)
    assert engine.tokens(2) == continuation((*SYSTEM, 1), 3)


def test_a_scored_prompt_is_computed_and_others_take_from_it():
    engine = Engine()
    engine.ask(1, SYSTEM)
    assert engine.ask(2, SYSTEM, max_tokens=0, prompt_logprobs=0) == 0
    (event,) = [e for e in engine.events[2] if isinstance(e, PromptEvent)]
    assert len(event.rows) == len(SYSTEM)
    assert engine.loop.total.cache_misses == 1, "a scored prompt is neither hit nor miss"
    engine = Engine()
    engine.ask(1, SYSTEM, max_tokens=0, prompt_logprobs=0)
    assert engine.ask(2, SYSTEM) == 48


def test_what_was_used_least_recently_is_lost_first():
    engine = Engine(slots=3)
    prompts = [tuple(range(start, start + 30)) for start in (0, 40, 80, 120)]
    for number in range(3):
        engine.ask(number, prompts[number])
    assert engine.ask(3, prompts[0]) == 24
    engine.ask(4, prompts[3])  # takes the slot of prompts[1]
    assert engine.ask(5, prompts[0]) == 24
    assert engine.ask(6, prompts[2]) == 24
    assert engine.ask(7, prompts[1]) == 0


def test_nothing_is_reused_where_a_slot_cannot_be_cut():
    runner = Runner(cuts=Cuts.NOWHERE)
    engine = Engine(runner=runner)
    assert [engine.ask(number, SYSTEM) for number in range(2)] == [0, 0]
    engine.submit(2, SYSTEM)
    engine.submit(3, SYSTEM)
    engine.finish()
    assert [engine.cached(2), engine.cached(3)] == [0, 0]
    assert runner.copies == []


def test_a_gap_is_left_to_the_next_and_closed_when_none_comes():
    engine = Engine()
    prompts = [tuple(range(start, start + 30)) for start in (0, 40, 80)]
    for number, prompt in enumerate(prompts):
        engine.submit(number, prompt, max_tokens=100, end_ids=())
    engine.step(4)
    engine.loop.cancel(1)
    engine.step(PATIENCE)
    assert engine.runner.copies == []
    engine.step()
    assert engine.runner.copies == [(2, 1)], "the gap is filled, and what it held goes to slot 2"
    assert engine.ask(3, prompts[1]) == 24
    assert engine.runner.copies == [(2, 1)]
    for number in (0, 2):
        expected = continuation(prompts[number], 100)
        assert engine.tokens(number)[: len(expected)] == expected


def test_an_aborted_decode_of_a_prompt_that_reuses():
    engine = Engine()
    engine.ask(1, SYSTEM)
    engine.submit(2, (*SYSTEM, *range(40)))
    for number in range(6):
        if number % 2:
            engine.runner.abort()
        engine.step()
        engine.runner.resume()
    engine.finish()
    assert engine.cached(2) == 60
    assert engine.tokens(2) == continuation((*SYSTEM, *range(40)), 3)


class Damaged(Runner):
    """Computes no number for prompts with the token 255 in them."""

    def decode(self, chunks):
        logits = super().decode(chunks)
        for chunk in chunks:
            if 255 in self._held[chunk.slot] and logits is not None:
                logits[:] = float("nan")
        return logits


def test_nothing_is_taken_from_a_prompt_that_failed():
    engine = Engine(runner=Damaged())
    prompt = (*SYSTEM[:24], 255, *SYSTEM[25:])
    engine.submit(1, prompt)
    engine.finish()
    assert [number for number, _ in engine.loop.failures()] == [1]
    assert engine.ask(2, SYSTEM) == 0


# One beginning, left at any token, and tails that often begin alike as well.
beginnings = st.tuples(
    st.integers(0, len(SYSTEM)), st.integers(0, 2), st.integers(1, 30), st.integers(0, 9)
)


def prompt_of(shape):
    length, tail, more, last = shape
    return (*SYSTEM[:length], *[tail] * more, last)


@settings(max_examples=150, deadline=None)
@given(
    requests=st.lists(
        st.tuples(
            st.lists(beginnings, min_size=1, max_size=3),
            st.sampled_from(["a", "b"]),
            st.sampled_from("xyz"),
            st.integers(1, 3),
            st.integers(0, 8),
            st.booleans(),
            st.integers(0, 4),
        ),
        min_size=2,
        max_size=14,
    ),
    cancelled=st.dictionaries(st.integers(0, 13), st.integers(0, 13)),
    slots=st.integers(1, 6),
    budget=st.sampled_from([5, 12, 24, 60]),
)
def test_whoever_takes_from_whom_each_gets_the_tokens_it_would_get_alone(
    requests, cancelled, slots, budget
):
    engine = Engine(runner=Runner(slots=slots, max_outputs=slots + PIECE), budget=budget)
    for number, (shapes, account, key, n, max_tokens, scored, steps) in enumerate(requests):
        engine.submit(
            number,
            *map(prompt_of, shapes),
            account=account,
            key=account + key,
            n=n,
            max_tokens=max_tokens,
            prompt_logprobs=0 if scored else None,
        )
        engine.step(steps)
        if number in cancelled:
            engine.loop.cancel(cancelled[number])
    engine.finish()
    for number, (shapes, _, _, n, max_tokens, _, _) in enumerate(requests):
        if number in cancelled.values():
            continue
        for index, shape in enumerate(shapes):
            prompt = prompt_of(shape)
            for k in range(n):
                expected = continuation(prompt, max_tokens) if max_tokens else [None]
                assert engine.tokens(number, index * n + k) == expected
