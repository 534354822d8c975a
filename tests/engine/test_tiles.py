"""Tiles in the loop over the mock, to which a token of a tile is another one than outside of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanabi.engine.loop import EngineLoop
from hanabi.engine.mock import TILED, MockRunner, logits_after
from hanabi.engine.pieces import Pieces
from hanabi.generation.events import PromptEvent, TokenEvent
from hanabi.generation.request import GenerationRequest
from hanabi.sampling.params import SamplingParams

PIECES = Pieces(size=1, tile=12, tiles_from=24, tiles_to=120, worth=4)
GREEDY = SamplingParams(temperature=0)
TEXT = tuple(number % 7 for number in range(150))


class Runner(MockRunner):
    pieces = PIECES
    max_chunk = 36


def alone(prompt, max_tokens):
    """What greedy decoding makes of a prompt: between the borders it is tiled, nothing else is."""
    held = list(prompt)
    for place in range(PIECES.tiles_from, min(len(prompt), PIECES.tiles_to)):
        held[place] += TILED
    reply = []
    for _ in range(max_tokens):
        reply.append(int(logits_after(held).argmax()))
        held.append(reply[-1])
    return reply


class Engine:
    """A loop, and what it told."""

    def __init__(self, *, slots=4, deterministic=True):
        self.runner = Runner(slots=slots)
        self.loop = EngineLoop(self.runner, token_budget=24, deterministic=deterministic)
        self.events = {}

    def submit(self, number, prompt, max_tokens=5, **options):
        request = GenerationRequest(
            prompts=(tuple(prompt),), max_tokens=max_tokens, sampling=GREEDY, **options
        )
        self.loop.submit(number, request)

    def step(self):
        for pass_ in self.loop.plan():
            self.loop.run(pass_)
        for number, told in self.loop.events():
            self.events.setdefault(number, []).extend(told)

    def ask(self, number, prompt, **options):
        """The reply, and how many tokens of the prompt came out of the cache."""
        self.submit(number, prompt, **options)
        while self.loop.has_work:
            self.step()
        events = self.events[number]
        (cached,) = [event.cached for event in events if isinstance(event, PromptEvent)]
        return [event.token for event in events if isinstance(event, TokenEvent)], cached


@pytest.mark.parametrize("length", [1, 23, 24, 25, 36, 37, 48, 61, 119, 120, 121, 150])
def test_a_prompt_goes_through_tiles(length):
    reply, _ = Engine().ask(0, TEXT[:length])
    assert reply == alone(TEXT[:length], 5)


def test_beginnings_are_reused_before_the_tiles_and_among_them():
    engine = Engine()
    engine.ask(0, TEXT[:70])
    for end in (10, 23, 24, 30, 36, 59, 60):
        assert engine.ask(end, (*TEXT[:end], 99))[1] == end


def test_what_its_own_slot_holds_is_taken_where_another_has_too_little_more():
    engine = Engine(slots=2)
    engine.ask(0, TEXT[:20])
    engine.ask(1, (*TEXT[:14], 98, *range(50, 60)))
    copied = []
    engine.runner.copy = lambda source, target: copied.append((source, target))
    # Slot 1 has three tokens more of it, but goes on with others: slot 0 is given out.
    assert engine.ask(2, (*TEXT[:14], 98, 50, 51, 99))[1] == 14
    assert copied == []


@pytest.mark.parametrize(("deterministic", "cached"), [(True, 33), (False, 72)])
def test_replies_behind_the_tiles_are_kept_where_they_may_differ(deterministic, cached):
    engine = Engine(deterministic=deterministic)
    prompt = TEXT[:33]
    reply, _ = engine.ask(0, prompt, max_tokens=40)
    assert engine.ask(1, (*prompt, *reply, 99))[1] == cached


@settings(max_examples=100, deadline=None)
@given(
    asked=st.lists(
        st.tuples(st.integers(0, 150), st.integers(0, 3), st.integers(1, 50), st.integers(0, 6)),
        min_size=1,
        max_size=6,
    ),
    slots=st.integers(1, 4),
)
def test_no_reply_depends_on_neighbours_and_on_what_is_held(asked, slots):
    engine = Engine(slots=slots)
    prompts = {}
    for number, (length, last, max_tokens, steps) in enumerate(asked):
        prompts[number] = ((*TEXT[:length], 100 + last), max_tokens)
        engine.submit(number, *prompts[number])
        for _ in range(steps):
            engine.step()
    while engine.loop.has_work:
        engine.step()
    for number, (prompt, max_tokens) in list(prompts.items()):
        reply = [event.token for event in engine.events[number] if isinstance(event, TokenEvent)]
        assert reply == alone(prompt, max_tokens)
        further = (*prompt, *reply, 200)
        assert engine.ask(100 + number, further)[0] == alone(further, 5)
