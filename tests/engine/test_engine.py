import asyncio
import contextlib
import os
import signal

import pytest

from hanabi.engine.engine import Engine
from hanabi.engine.mock import EOS, continuation
from hanabi.engine.occupancy import Occupancy
from hanabi.errors import EngineCrashedError, OverloadedError, UnavailableError
from hanabi.generation.events import TokenEvent
from hanabi.generation.request import GenerationRequest
from hanabi.sampling.params import SamplingParams

pytestmark = pytest.mark.anyio


@pytest.fixture
async def engine(tmp_path, config, command):
    engine = Engine(tmp_path / "mock.gguf", config, command)
    await engine.start()
    yield engine
    await engine.close()


def greedy(*prompts, max_tokens=5, end_ids=(EOS,), **options):
    return GenerationRequest(
        prompts=prompts,
        max_tokens=max_tokens,
        end_ids=end_ids,
        sampling=SamplingParams(temperature=0),
        **options,
    )


async def collect(generation):
    return [event async for events in generation for event in events]


async def test_requests_side_by_side_get_their_own_tokens(engine):
    texts = [(index, 2, 3) for index in range(6)]
    collected = await asyncio.gather(*(collect(engine.submit(greedy(text))) for text in texts))
    for text, events in zip(texts, collected, strict=True):
        tokens = [event.token for event in events if isinstance(event, TokenEvent)]
        assert tokens == continuation(text, 5)
    assert engine.open_requests == 0


async def test_text_becomes_ids_and_ids_pass_through(engine):
    assert await engine.tokenize(["ab", 256, "é"]) == (97, 98, 256, 0xC3, 0xA9)


async def test_beyond_slots_and_queue_a_request_is_refused_at_once(engine):
    endless = greedy((1,), max_tokens=400, end_ids=())
    running = [engine.submit(endless) for _ in range(7)]
    with pytest.raises(OverloadedError, match="limit of 7 requests"):
        engine.submit(endless)
    running[0].cancel()
    running[1].cancel()
    events = await collect(engine.submit(greedy((3,))))
    assert [e.token for e in events if isinstance(e, TokenEvent)] == continuation((3,), 5)


async def test_cancel_ends_the_iteration_and_frees_the_place(engine):
    generation = engine.submit(greedy((1,), max_tokens=400, end_ids=()))
    async for _ in generation:
        generation.cancel()
    generation.cancel()
    assert engine.open_requests == 0


async def test_a_cancelled_choice_is_heard_of_no_more(engine):
    generation = engine.submit(greedy((1,), n=2, max_tokens=400, end_ids=()))
    after = []
    async for events in generation:
        if 0 in {event.choice for event in events if isinstance(event, TokenEvent)}:
            generation.cancel(0)
            after.clear()
        else:
            after.extend(events)
    assert {event.choice for event in after} == {1}
    assert after[-1].finish == "length"


async def test_a_killed_process_fails_what_runs_and_comes_back(engine):
    generation = engine.submit(greedy((1,), max_tokens=400, end_ids=()))
    os.kill(engine.pid, signal.SIGKILL)
    with pytest.raises(EngineCrashedError, match="being restarted"):
        await collect(generation)
    await engine.ready()
    events = await collect(engine.submit(greedy((1, 2))))
    assert [e.token for e in events if isinstance(e, TokenEvent)] == continuation((1, 2), 5)
    assert engine.restarts == 1


async def test_a_model_that_cannot_be_loaded_says_why(tmp_path, config, command):
    broken = """
def open_mock(path, config):
    raise ValueError(f"not a model: {path.name}")
"""
    failing = command[-1].replace("from hanabi.engine.mock import open_mock", broken)
    engine = Engine(tmp_path / "mock.gguf", config, (*command[:-1], failing))
    with pytest.raises(UnavailableError, match=r"cannot be loaded: not a model: mock\.gguf"):
        await engine.start()
    await engine.close()


async def test_the_process_ends_with_its_server(engine):
    process = engine._connection.process
    await engine.close()
    assert process.returncode is not None
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, 0)
        pytest.fail("the engine process is still there")


async def test_what_runs_when_the_engine_is_closed_is_told_so(engine):
    generation = engine.submit(greedy((1,), max_tokens=500, end_ids=()))
    ending = asyncio.ensure_future(engine.close())
    with pytest.raises(UnavailableError, match="shut down") as caught:
        await collect(generation)
    assert not isinstance(caught.value, EngineCrashedError)
    await ending


async def test_it_tells_how_full_it_is_and_that_nothing_is_left(engine):
    generation = engine.submit(greedy((1, 2, 3), max_tokens=10_000, end_ids=()))
    assert generation.began is None
    await anext(aiter(generation))
    assert engine.occupancy.running == 1
    assert engine.occupancy.held_tokens >= 3
    assert generation.began <= asyncio.get_running_loop().time()
    generation.cancel()
    async with asyncio.timeout(60):
        while engine.occupancy != Occupancy():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)
