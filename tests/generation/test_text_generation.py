"""A request under way: echo, usage, times, and choices that end apart from each other."""

import asyncio
from itertools import count, product

import pytest

from hanabi.generation.fold import fold
from hanabi.generation.plan import make_plan
from hanabi.generation.text import Usage
from hanabi.generation.text_generation import TextGeneration

SCRIPT = [*b"one ", 262, 259, 260, *b" END, then", 257]
"""`one  word✓! END, then</s>`, a character cut in two tokens among it."""


def test_a_reply_of_one_choice(tools):
    backend = tools.Backend([[*b"ok", tools.EOS]])
    generation, steps = tools.run(backend, tools.request("hi"))
    assert [[event.text for event in step] for step in steps] == [["o"], ["k"], [""]]
    assert steps[-1][0].finish_reason == "stop"
    assert generation.usage == Usage(2, 3)
    assert generation.model == "accounts/test/models/bytes"
    assert [prompt.ids for prompt in generation.prompts] == [tuple(b"hi")]
    assert (generation.max_tokens, generation.stop) == (16, ())


def test_every_step_has_an_event(tools):
    backend = tools.Backend([[tools.UNFINISHED, tools.REST]])
    _, steps = tools.run(backend, tools.request("hi", max_tokens=4))
    assert [len(step) for step in steps] == [1, 1]


def test_choices_of_several_prompts_keep_their_index(tools):
    backend = tools.Backend([[0x61], [0x62], [0x63], [0x64]])
    request = tools.request("x", "yz", n=2, max_tokens=2, echo=True)
    assert [(c.index, c.text) for c in tools.folded(backend, request)] == [
        (0, "xaa"),
        (1, "xbb"),
        (2, "yzcc"),
        (3, "yzdd"),
    ]


def test_usage_counts_prompts_once_and_every_generated_token(tools):
    backend = tools.Backend([[0x61], [0x61, tools.EOS]], cached=1)
    generation, _ = tools.run(backend, tools.request("xy", "z", n=2, max_tokens=3))
    assert generation.usage == Usage(prompt_tokens=3, completion_tokens=9, cached_tokens=2)


def test_usage_grows_with_the_steps(tools):
    async def usages():
        backend = tools.Backend([[0x61]])
        generation = await tools.service(backend).start(tools.request("hi", max_tokens=3))
        return [generation.usage, *[generation.usage async for _ in generation]]

    assert asyncio.run(usages()) == [Usage(2, n) for n in range(4)]


@pytest.mark.parametrize("steps_at_once", [1, 2, 100])
def test_a_stop_string_ends_counting_and_cancels_its_choice_only(tools, steps_at_once):
    backend = tools.Backend([[*b"a END b"], [0x78]], steps_at_once=steps_at_once)
    generation, steps = tools.run(backend, tools.request("hi", n=2, max_tokens=9, stop=("END",)))
    assert generation.usage.completion_tokens == 5 + 9
    by_index = [[e for step in steps for e in step if e.index == i] for i in (0, 1)]
    assert ["".join(e.text for e in events) for events in by_index] == ["a ", "x" * 9]
    assert [events[-1].finish_reason for events in by_index] == ["stop", "length"]
    (running,) = backend.generations
    assert running.cancelled == [0, None]
    assert sum(len(e.token_ids) for events in by_index for e in events) == 14


def test_it_ends_with_its_last_choice(tools):
    backend = tools.Backend([[*b"xEND"]], steps_at_once=4)
    _, steps = tools.run(backend, tools.request("hi", stop=("END",)))
    assert [event.finish_reason for event in steps[-1]] == [None, "stop"]
    assert not backend.generations[0].open


def test_max_tokens_zero_is_the_prompt_alone(tools):
    backend = tools.Backend([[0x61]])
    request = tools.request("hi", max_tokens=0, echo=True, logprobs=1)
    generation, _ = tools.run(backend, request)
    assert generation.usage == Usage(2, 0)
    assert generation.timing.first_token is None
    (choice,) = tools.folded(backend, request)
    assert (choice.text, choice.finish_reason) == ("hi", "length")
    assert [(row.logprob, len(row.top)) for row in choice.rows] == [(0.0, 0), (-0.605, 1)]


def test_the_echo_is_the_first_event_of_each_choice(tools):
    backend = tools.Backend([[0x61]])
    _, steps = tools.run(backend, tools.request("hi", n=2, max_tokens=1, echo=True, logprobs=0))
    echoes = steps[0][:2]
    assert [(e.index, e.text, e.token_ids) for e in echoes] == [
        (0, "hi", tuple(b"hi")),
        (1, "hi", tuple(b"hi")),
    ]
    assert [row.sampling_logprob for row in echoes[0].rows] == [None, None]
    assert steps[0][2].rows[0].text_offset == 2


@pytest.mark.parametrize(
    ("last", "text", "rows"), [(0, "aa", 2), (1, "iaa", 3), (2, "hiaa", 4), (9, "hiaa", 4)]
)
@pytest.mark.parametrize("echo", [False, True])
def test_echo_last_is_the_end_of_the_prompt(tools, last, text, rows, echo):
    backend = tools.Backend([[0x61]])
    request = tools.request("hi", max_tokens=2, echo=echo, echo_last=last, logprobs=0)
    (choice,) = tools.folded(backend, request)
    assert choice.text == text
    assert [row.text_offset for row in choice.rows] == list(range(rows))
    assert bytes(choice.token_ids).decode() == text
    assert (backend.submitted[0].prompt_logprobs is None) == (last == 0)


def test_prompt_rows_are_asked_for_only_with_an_echo(tools):
    backend = tools.Backend([[0x61]])
    tools.run(backend, tools.request("hi", logprobs=2))
    tools.run(backend, tools.request("hi", logprobs=2, echo=True))
    tools.run(backend, tools.request("hi", echo=True))
    asked = [(request.logprobs, request.prompt_logprobs) for request in backend.submitted]
    assert asked == [(2, None), (2, 2), (None, None)]


def test_times(tools):
    async def timings():
        backend = tools.Backend([[0x61]])
        request = tools.request("hi", max_tokens=2)
        plan = await make_plan(request, tools.Model(backend), None, backend)
        ticks = count(10.0)
        generation = TextGeneration(plan, backend.submit(plan.request), lambda: next(ticks))
        times = [generation.timing, *[generation.timing async for _ in generation]]
        generation.cancel()
        return *times, generation.timing

    before, first, last, after = asyncio.run(timings())
    assert (before.started, before.first_token, before.finished) == (10.0, None, None)
    assert (first.first_token, first.finished) == (11.0, None)
    assert (last.started, last.first_token, last.finished) == (10.0, 11.0, 12.0)
    assert after == last


def test_cancel_ends_the_iteration_and_keeps_the_count(tools):
    async def cancelled():
        backend = tools.Backend([[0x61]])
        generation = await tools.service(backend).start(tools.request("hi", max_tokens=50))
        seen = []
        async for step in generation:
            seen += step
            if len(seen) == 3:
                generation.cancel()
                generation.cancel()
        return backend, generation, seen

    backend, generation, seen = asyncio.run(cancelled())
    assert len(seen) == 3
    assert generation.usage == Usage(2, 3)
    assert generation.timing.finished is not None
    assert not backend.generations[0].open


def test_only_what_was_read_of_the_prompts_is_accounted(tools):
    async def accounted():
        backend = tools.Backend([[0x61]], cached=1)
        generation = await tools.service(backend).start(tools.request("hello", max_tokens=2))
        before = generation.accounted
        async for _ in generation:
            pass
        return before, generation

    before, generation = asyncio.run(accounted())
    assert before == Usage(0)
    assert generation.accounted == generation.usage == Usage(5, 2, 1)


def test_tokens_behind_a_stop_string_are_discarded_where_they_came_with_it(tools):
    backend = tools.Backend([list(b"abcdefgh")], steps_at_once=8)
    tools.run(backend, tools.request("hi", max_tokens=8, stop=("c",)))
    assert backend.generations[0].discarded == 5


def test_a_reader_who_leaves_frees_the_backend(tools):
    async def left():
        backend = tools.Backend([[0x61]])
        generation = await tools.service(backend).start(tools.request("hi", max_tokens=50))
        steps = aiter(generation)
        await anext(steps)
        await steps.aclose()
        return backend

    assert not asyncio.run(left()).generations[0].open


TABLE = [
    {"max_tokens": max_tokens, "n": n, "logprobs": logprobs, "stop": stop} | echo
    for max_tokens, n, logprobs, stop, echo in product(
        (0, 6, 40),
        (1, 2),
        (None, 2),
        (None, ("END",), ("✓", "then"), ("d✓!",)),
        ({}, {"echo": True}, {"echo_last": 2}, {"ignore_eos": True}),
    )
]


@pytest.mark.parametrize("steps_at_once", [3, 100])
@pytest.mark.parametrize("fields", TABLE, ids=lambda fields: str(list(fields.values())))
def test_streamed_equals_folded(tools, fields, steps_at_once):
    """However many steps the backend tells at once, the reply is the same in every field."""

    def reply(at_once):
        backend = tools.Backend([SCRIPT, SCRIPT[3:]], steps_at_once=at_once)
        generation, steps = tools.run(backend, tools.request("prômpt", (97, 259), **fields))
        return generation.usage, steps

    async def replay(steps):
        for step in steps:
            yield step

    usage, steps = reply(steps_at_once)
    step_by_step_usage, one_by_one = reply(1)
    choices = asyncio.run(fold(replay(steps)))
    assert choices == asyncio.run(fold(replay(one_by_one)))
    assert usage == step_by_step_usage

    echoed = usage.prompt_tokens * fields["n"] if fields.get("echo") else 0
    if fields.get("echo_last"):
        echoed = 2 * 2 * fields["n"]
    assert sum(len(choice.token_ids) for choice in choices) == usage.completion_tokens + echoed
    assert len(choices) == 2 * fields["n"]
    for choice in choices:
        assert choice.finish_reason is not None
        assert len(choice.rows) == (0 if fields["logprobs"] is None else len(choice.token_ids))
        assert all(0 <= row.text_offset <= len(choice.text) for row in choice.rows)
        for stop in fields["stop"] or ():
            assert stop not in choice.text
        for row in choice.rows:
            if row.token_id < 0x80 or row.token_id == tools.SPACED:
                # A token may be cut short by a stop string that begins within it.
                rest = choice.text[row.text_offset :]
                assert rest.startswith(row.token) or row.token.startswith(rest)
