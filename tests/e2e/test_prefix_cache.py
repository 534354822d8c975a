"""What the prefix cache gives is what would have been computed, to the last bit, and no one else's.

Two accounts ask the same: what is cold for one is warm for the other.
"""

import asyncio
import itertools

import pytest
from sqlalchemy import select

from hanabi.accounts.keys import Keys
from hanabi.database.connection import open_database
from hanabi.database.tables import usage

from .api import Api, user
from .server import Server

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

SLOTS = 4
FLAGS = ("--slots", str(SLOTS), "--context", "2048", "--kv-memory", "256M")
PROMPT = 230
FIELDS = {"max_tokens": 6, "temperature": 0, "logprobs": 3, "return_token_ids": True}
TEXT = "The river runs past the mill, and {} boats lie by the old stone bridge at noon. "

numbers = itertools.count()


class Accounts:
    """A server and two accounts on it, one with two keys."""

    def __init__(self, folder):
        self.database = open_database(folder / "home", None)
        keys = Keys(self.database)
        self.keys = {
            name: keys.create(account, name).text
            for name, account in {"cold": "one", "warm": "two", "warm too": "two"}.items()
        }
        self.server = Server(folder, *FLAGS)

    def client(self, name):
        api = Api(self.server)
        api.http.headers["authorization"] = f"Bearer {self.keys[name]}"
        return api


@pytest.fixture(scope="module")
def accounts(tmp_path_factory):
    accounts = Accounts(tmp_path_factory.mktemp("server"))
    yield accounts
    accounts.server.stop()
    accounts.database.dispose()


@pytest.fixture
async def admin(accounts):
    async with Api(accounts.server) as api:
        yield api


@pytest.fixture
async def cold(accounts):
    async with accounts.client("cold") as api:
        yield api


@pytest.fixture
async def warm(accounts):
    async with accounts.client("warm") as api:
        yield api


async def prompt_of(api, length=PROMPT):
    """Token ids of a text that no other test has; already the first one is no other prompt's."""
    text = "".join(TEXT.format(next(numbers)) for _ in range(length // 12))
    return [1000 + next(numbers), *await api.tokenize(text)][:length]


async def ask(api, prompt, **fields):
    """The choices, and how many tokens of the prompt were taken from the cache."""
    response = await api.post(**FIELDS | {"prompt": prompt} | fields)
    assert response.status_code == 200, response.text
    return response.json()["choices"], int(response.headers["fireworks-cached-prompt-tokens"])


@pytest.mark.parametrize("fields", [{}, {"temperature": 1, "seed": 7}], ids=["greedy", "seeded"])
@pytest.mark.parametrize("shared", [63, 64, 65, 128, 200])
async def test_cold_and_warm_are_the_same_to_the_last_bit(cold, warm, shared, fields):
    prompt = await prompt_of(cold)
    alone, cached = await ask(cold, prompt, **fields)
    assert cached == 0
    await ask(warm, [*prompt[:shared], 1, 2, 3])
    assert await ask(warm, prompt, **fields) == (alone, shared)
    # Among neighbours that begin as it does, or otherwise; and from what it left itself.
    neighbours = [[*prompt[:90], number] for number in range(3)] + [prompt[::-1]]
    again, *_ = await asyncio.gather(
        ask(warm, prompt, **fields), *(ask(warm, neighbour) for neighbour in neighbours)
    )
    assert again == (alone, PROMPT - 1)


@pytest.mark.parametrize("shared", [250, 300, 511, 640])
async def test_long_prompts_too(cold, warm, shared):
    """Behind the first pieces come tiles, alone many in a decode, and among neighbours one."""
    prompt = await prompt_of(cold, length=700)
    alone, _ = await ask(cold, prompt)
    await ask(warm, [*prompt[:shared], 1, 2, 3])
    neighbours = [await prompt_of(cold, length=length) for length in (90, 330, 520)]
    among, *_ = await asyncio.gather(
        ask(warm, prompt), *(ask(warm, neighbour) for neighbour in neighbours)
    )
    assert among == (alone, shared)
    assert await ask(warm, prompt) == (alone, 699)


@pytest.mark.parametrize("length", [1, 64, 65, 128, 129])
async def test_the_same_prompt_again(cold, warm, length):
    prompt = await prompt_of(cold, length=length)
    assert len(prompt) == length
    alone, _ = await ask(cold, prompt)
    await ask(warm, prompt)
    assert await ask(warm, prompt) == (alone, length - 1)


async def test_a_reply_is_cached_for_the_next_turn(cold, warm):
    """What came one token a decode, or out of drafts, is what a prompt of it would have been."""
    prompt = await prompt_of(cold, length=180)
    (choice,), _ = await ask(warm, prompt, max_tokens=60)
    reply = choice["token_ids"]
    turn = [*prompt, *reply, 1, 2, 3]
    alone, cached = await ask(cold, turn)
    assert cached == 0
    held = len(prompt) + len(reply) - 1  # the last one was never decoded
    assert await ask(warm, turn) == (alone, held)


async def test_keys_of_an_account_share_and_accounts_do_not(accounts, cold, warm):
    prompt = await prompt_of(cold)
    await ask(warm, prompt)
    async with accounts.client("warm too") as other_key:
        assert (await ask(other_key, prompt))[1] == PROMPT - 1
    assert (await ask(cold, prompt))[1] == 0
    prompts = await asyncio.gather(*(prompt_of(cold) for _ in range(4)))
    pairs = [(api, prompt) for prompt in prompts for api in (cold, warm)]
    replies = await asyncio.gather(*(ask(api, prompt) for api, prompt in pairs))
    assert {cached for _, cached in replies} == {0}
    for first, second in zip(replies[::2], replies[1::2], strict=True):
        assert first == second


async def test_many_with_one_beginning_compute_it_once(cold, warm, admin):
    system = await prompt_of(cold, length=300)
    prompts = [[*system, number, number] for number in range(3 * SLOTS)]
    alone = [await ask(cold, prompt) for prompt in prompts]
    computed = await admin.metric("hanabi_engine_prompt_tokens_total")
    hits = await admin.metric("hanabi_prefix_cache_prompts_total", outcome="hit")
    together = await asyncio.gather(*(ask(warm, prompt) for prompt in prompts))
    assert [choices for choices, _ in together] == [choices for choices, _ in alone]
    assert sorted(cached for _, cached in together) == [0] + [300] * (len(prompts) - 1)
    computed = await admin.metric("hanabi_engine_prompt_tokens_total") - computed
    assert computed == 302 + (len(prompts) - 1) * (302 - 300)
    hits = await admin.metric("hanabi_prefix_cache_prompts_total", outcome="hit") - hits
    assert hits == len(prompts) - 1


async def test_a_conversation(cold, warm):
    messages = user(TEXT.format("three") * 6 + "What do you see? " + str(next(numbers)))
    figures = []
    for _ in range(3):
        fields = {"messages": messages, "max_tokens": 40, "temperature": 0, "logprobs": True}
        alone = await cold.ask(**fields)
        reply = await warm.ask(**fields | {"perf_metrics_in_response": True})
        assert reply["choices"] == alone["choices"]
        assert reply["usage"] == alone["usage"], "no figure is there that nobody asked for"
        figures.append(reply["perf_metrics"]["cached-prompt-tokens"])
        said = reply["choices"][0]["message"]["content"]
        answer = {"role": "assistant", "content": said}
        messages = [*messages, answer, *user(TEXT.format("four") * 4)]
    assert figures[0] < figures[1] < figures[2]


async def test_choices_and_scores(cold, warm):
    prompt = await prompt_of(cold)
    fields = {"n": 6, "temperature": 1, "seed": 3}
    alone, _ = await ask(cold, prompt, **fields)
    await ask(warm, [*prompt[:150], 1])
    assert await ask(warm, prompt, **fields) == (alone, 150)
    scored = {"echo": True, "max_tokens": 0}
    rows, _ = await ask(cold, prompt, **scored)
    assert await ask(warm, prompt, **scored) == (rows, 0), "a scored prompt is computed"


async def test_the_least_recently_used_is_lost_first(warm):
    prompts = [await prompt_of(warm, length=70) for _ in range(SLOTS + 1)]
    for prompt in prompts[:SLOTS]:
        assert (await ask(warm, prompt))[1] == 0
    assert (await ask(warm, prompts[0]))[1] == 69
    assert (await ask(warm, prompts[SLOTS]))[1] == 0
    assert [(await ask(warm, prompts[number]))[1] for number in (0, 2, 3)] == [69] * 3
    assert (await ask(warm, prompts[1]))[1] == 0


async def test_clients_that_leave_in_the_middle(cold, warm):
    prompt = await prompt_of(cold, length=700)
    alone, _ = await ask(cold, prompt)
    for patience in (0.1, 0.4, 0.8):
        leaving = [
            asyncio.create_task(ask(warm, [*prompt, number], max_tokens=100)) for number in range(6)
        ]
        await asyncio.wait(leaving, timeout=patience)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
    choices, cached = await ask(warm, prompt)
    assert choices == alone
    assert cached <= 699


async def test_what_was_cached_is_in_the_usage(accounts, cold, warm, admin):
    prompt = await prompt_of(cold)
    before = await admin.metric("hanabi_cached_prompt_tokens_total")
    engine_before = await admin.metric("hanabi_engine_cached_prompt_tokens_total")
    await ask(warm, prompt)
    response = await warm.post(**FIELDS | {"prompt": prompt})
    request_id = response.json()["id"]
    query = select(usage).where(usage.c.request_id == request_id)
    row = None
    async with asyncio.timeout(10):
        while row is None:
            await asyncio.sleep(0.05)
            row = await asyncio.to_thread(first_row, accounts.database, query)
    # A request is counted in both at once.
    assert await admin.metric("hanabi_cached_prompt_tokens_total") - before == PROMPT - 1
    assert (
        await admin.metric("hanabi_engine_cached_prompt_tokens_total") - engine_before == PROMPT - 1
    )
    assert (row.prompt_tokens, row.cached_tokens) == (PROMPT, PROMPT - 1)


def first_row(database, query):
    with database.connect() as connection:
        return connection.execute(query).first()


async def test_a_crash_costs_the_cache_and_nothing_else(accounts, cold, warm):
    prompt = await prompt_of(cold)
    alone, _ = await ask(warm, prompt)
    (engine,) = accounts.server.engines
    engine.kill()
    status = 0
    async with asyncio.timeout(60):
        while status != 200:
            await asyncio.sleep(0.05)
            status = (await warm.post(prompt="Hello", max_tokens=1)).status_code
    assert await ask(warm, prompt) == (alone, 0)
    assert await ask(warm, prompt) == (alone, PROMPT - 1)
