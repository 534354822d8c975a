"""Replies beyond a sliding window, on Gemma 3 270M's weights: the same however they come about.

Each length has texts of its own: what one test has cached is no beginning of another's prompt.
"""

import asyncio

import pytest

from . import gemma

pytestmark = [pytest.mark.reference, pytest.mark.anyio]

LENGTHS = pytest.mark.parametrize("length", gemma.LENGTHS)
FIELDS = {
    "model": gemma.model(gemma.NAME),
    "max_tokens": gemma.NEW_TOKENS,
    "temperature": 0,
    "logprobs": 3,
    "return_token_ids": True,
}
SHARED = [(300, 280), (700, 250), (700, 650), (1500, 600), (1500, 1400), (5000, 1700), (5000, 4800)]
"""Lengths of a prompt, and how much of it an earlier prompt has in common, in tokens."""


@pytest.fixture
async def cold(gemma_accounts):
    async with gemma_accounts.client("cold") as api:
        yield api


@pytest.fixture
async def warm(gemma_accounts):
    async with gemma_accounts.client("warm") as api:
        yield api


@pytest.fixture
async def other(gemma_accounts):
    async with gemma_accounts.client("other") as api:
        yield api


@pytest.fixture(scope="module")
def text(gemma_accounts):
    """The ids of the whole text, without BOS."""

    async def ids_of_all():
        async with gemma_accounts.client("cold") as api:
            _, *ids = await api.tokenize(gemma.TEXT, model=gemma.model(gemma.NAME))
            return ids

    return asyncio.run(ids_of_all())


def prompt_of(text, length, kind):
    """A prompt of this length that begins as none of another kind or length does."""
    return [2, 20_000 * kind + length, *text[: length - 2]]


async def ask(api, prompt, **fields):
    """The choices, and how many tokens of the prompt were taken from the cache."""
    response = await api.post(**FIELDS | {"prompt": prompt} | fields)
    assert response.status_code == 200, response.text
    return response.json()["choices"], int(response.headers["fireworks-cached-prompt-tokens"])


def rows_of(choice):
    """Tokens and logprobs of a choice."""
    logprobs = choice["logprobs"]
    return list(zip(logprobs["token_ids"], logprobs["token_logprobs"], strict=True))


@LENGTHS
async def test_what_is_generated_is_what_is_scored(cold, warm, text, length):
    prompt = prompt_of(text, length, 1)
    (generated,), _ = await ask(cold, prompt)
    whole = prompt + generated["token_ids"]
    (scored,), _ = await ask(warm, whole, echo=True, max_tokens=0)
    assert rows_of(scored)[length:] == rows_of(generated)


@pytest.mark.parametrize(("length", "shared"), SHARED)
async def test_behind_a_beginning_in_common(cold, warm, text, length, shared):
    prompt = prompt_of(text, length, 5 if shared < length / 2 else 6)
    alone = await ask(cold, prompt)
    assert alone[1] == 0
    await ask(warm, [*prompt[:shared], 1000, 1001, 1002])
    reply, cached = await ask(warm, prompt)
    print(f"{length}, {shared} in common: {cached} cached")  # noqa: T201 - it is shown
    assert reply == alone[0]
    assert cached <= shared


@LENGTHS
async def test_again_and_as_the_next_turn(cold, warm, other, text, length):
    prompt = prompt_of(text, length, 2)
    alone, _ = await ask(cold, prompt)
    await ask(warm, prompt)
    again, cached = await ask(warm, prompt)
    print(f"{length}, again: {cached} cached")  # noqa: T201 - `make test-reference` shows it
    assert again == alone
    turn = [*prompt, *alone[0]["token_ids"], 1000, 1001, 1002]
    continued, cached = await ask(warm, turn)
    print(f"{length}, next turn: {cached} cached")  # noqa: T201 - `make test-reference` shows it
    assert await ask(other, turn) == (continued, 0)


@LENGTHS
async def test_choices_and_neighbours(cold, warm, text, length):
    prompt = prompt_of(text, length, 3)
    (alone,), _ = await ask(cold, prompt)
    neighbours = [prompt_of(text, size, 4) for size in (40, 300)]
    (among, _), *_ = await asyncio.gather(
        ask(warm, prompt), *(ask(warm, neighbour) for neighbour in neighbours)
    )
    assert among == [alone]
    choices, _ = await ask(warm, prompt, n=3)
    assert [choice | {"index": 0} for choice in choices] == [alone] * 3
    cold_choices, _ = await ask(cold, [*prompt, 1000], n=3)
    assert rows_of(cold_choices[0]) == rows_of(cold_choices[1]) == rows_of(cold_choices[2])
