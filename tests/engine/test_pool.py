import asyncio
import contextlib
import sys
from collections import Counter

import msgspec
import pytest

from hanabi.engine.memory import PROCESS_BYTES
from hanabi.engine.mock import continuation
from hanabi.engine.pool import EnginePool
from hanabi.errors import HanabiError, OverloadedError, UnavailableError, UnusableModelError
from hanabi.generation.events import TokenEvent
from hanabi.generation.request import GenerationRequest
from hanabi.sampling.params import SamplingParams

pytestmark = pytest.mark.anyio

MIB = 1024**2
FOR_ONE = PROCESS_BYTES + 2 * MIB
FOR_TWO = 2 * PROCESS_BYTES + 2 * MIB
PATIENCE = 60

NAMED_PROCESS = (
    sys.executable,
    "-c",
    """
import os, signal, socket, sys, time
from hanabi.engine.load_errors import WeightsError
from hanabi.engine.mock import open_mock
from hanabi.engine.process import EngineProcess

def open_named(path, config):
    with (path.parent / "loads").open("a") as loads:
        loads.write(path.stem + "\\n")
    text = path.read_bytes()[:9].rstrip(bytes(1)).decode()
    if text == "bad":
        raise ValueError("these weights are no good")
    if text == "never":
        raise WeightsError("these weights are of no use")
    if text == "dies":
        os.abort()
    if text == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if text == "hangs":
        time.sleep(3600)
    return open_mock(path, config)

EngineProcess(socket.socket(fileno=int(sys.argv[1]))).serve(open_named)
""",
)


class Models:
    """A folder of weights of a MiB each, and the pools that serve it."""

    def __init__(self, folder, config):
        self.folder = folder
        self.config = config
        self.pools = []

    def path(self, name, text=""):
        path = self.folder / f"{name}.gguf"
        if not path.exists() or text:
            path.write_bytes(text.encode().ljust(MIB, b"\0"))
        return path

    def pool(self, memory, **config):
        changed = msgspec.structs.replace(self.config, **config)
        self.pools.append(EnginePool(changed, memory, NAMED_PROCESS))
        return self.pools[-1]

    @property
    def loads(self):
        file = self.folder / "loads"
        return file.read_text().split() if file.exists() else []


@pytest.fixture
async def models(tmp_path, config):
    models = Models(tmp_path, config)
    yield models
    for pool in models.pools:
        await pool.close()


def greedy(*prompt, max_tokens=5, **options):
    return GenerationRequest(
        prompts=(prompt,),
        max_tokens=max_tokens,
        end_ids=(),
        sampling=SamplingParams(temperature=0),
        **options,
    )


async def tokens_of(generation):
    events = [event async for step in generation for event in step]
    return [event.token for event in events if isinstance(event, TokenEvent)]


async def ask(pool, path, *prompt, max_tokens=5):
    """What a request does: wait for the engine, tokenize, submit, read."""
    async with asyncio.timeout(PATIENCE):
        async with pool.lease(path) as engine:
            ids = await engine.tokenize(prompt)
            generation = engine.submit(greedy(*ids, max_tokens=max_tokens))
        return await tokens_of(generation)


async def spin(times=20):
    for _ in range(times):
        await asyncio.sleep(0)


async def test_racing_first_requests_load_once(models):
    pool = models.pool(FOR_ONE)
    path = models.path("a")
    replies = await asyncio.gather(*(ask(pool, path, index) for index in range(6)))
    assert replies == [continuation((index,), 5) for index in range(6)]
    assert models.loads == ["a"]


async def test_what_fits_together_stays_loaded(models):
    pool = models.pool(FOR_TWO)
    for name in "abab":
        await ask(pool, models.path(name), 1)
    assert models.loads == ["a", "b"]


async def test_the_least_recently_used_goes_first(models):
    pool = models.pool(FOR_TWO)
    for name in "abacab":
        await ask(pool, models.path(name), 1)
    assert models.loads == ["a", "b", "c", "b"]


async def test_an_idle_one_goes_before_a_busy_one(models):
    pool = models.pool(FOR_TWO)
    async with pool.lease(models.path("a")) as a:
        await ask(pool, models.path("b"), 1)
        async with asyncio.timeout(PATIENCE), pool.lease(models.path("c")):
            assert await a.tokenize(["x"]) == (120,)
    assert models.loads == ["a", "b", "c"]


async def test_a_lease_keeps_the_engine_until_the_request_that_it_submits_has_ended(models):
    pool = models.pool(FOR_ONE)
    async with pool.lease(models.path("a")) as a:
        other = asyncio.create_task(ask(pool, models.path("b"), 2))
        await asyncio.sleep(0.3)
        generation = a.submit(greedy(1, max_tokens=300))
    assert not other.done()
    assert await tokens_of(generation) == continuation((1,), 300)
    assert await other == continuation((2,), 5)
    assert models.loads == ["a", "b"]


async def test_who_asks_for_a_leaving_engine_waits_for_its_turn(models):
    pool = models.pool(FOR_ONE)
    order = []

    async def asked(name):
        await ask(pool, models.path(name), 1)
        order.append(name)

    async with pool.lease(models.path("a")):
        tasks = []
        for name in "bac":
            tasks.append(asyncio.create_task(asked(name)))
            await spin()
    await asyncio.gather(*tasks)
    assert order == ["b", "a", "c"]
    assert models.loads == ["a", "b", "a", "c"]


async def test_two_models_under_load_take_turns(models):
    pool = models.pool(FOR_ONE)
    answered = Counter()

    async def client(name):
        for index in range(4):
            reply = await ask(pool, models.path(name), index, max_tokens=20)
            assert reply == continuation((index,), 20)
            answered[name] += 1

    await asyncio.gather(*(client(name) for name in "aabb"))
    assert answered == {"a": 8, "b": 8}


async def test_who_stops_waiting_leaves_the_queue(models):
    pool = models.pool(FOR_ONE)
    async with pool.lease(models.path("a")):
        gone = asyncio.create_task(ask(pool, models.path("b"), 1))
        await spin()
        other = asyncio.create_task(ask(pool, models.path("c"), 3))
        await spin()
        gone.cancel()
        await asyncio.wait([gone])
    assert await other == continuation((3,), 5)
    assert models.loads == ["a", "c"]
    assert await ask(pool, models.path("b"), 1) == continuation((1,), 5)


async def test_a_load_that_everybody_has_left_makes_room_for_the_next(models):
    pool = models.pool(FOR_ONE)
    gone = asyncio.create_task(ask(pool, models.path("a"), 1))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    assert await ask(pool, models.path("b"), 1) == continuation((1,), 5)
    assert models.loads == ["a", "b"]


async def test_one_of_two_who_wait_may_leave(models):
    pool = models.pool(FOR_ONE)
    async with pool.lease(models.path("a")):
        gone, stays = (asyncio.create_task(ask(pool, models.path("b"), 1)) for _ in range(2))
        await spin()
        gone.cancel()
        await asyncio.wait([gone])
    assert await stays == continuation((1,), 5)


async def test_unloading_lets_requests_finish_and_the_next_one_loads_anew(models):
    pool = models.pool(FOR_TWO)
    path = models.path("a")
    async with pool.lease(path) as engine:
        generation = engine.submit(greedy(1, max_tokens=300))
    reading = asyncio.create_task(tokens_of(generation))
    await pool.unload(path)
    assert reading.done()
    assert reading.result() == continuation((1,), 300)
    assert await ask(pool, path, 2) == continuation((2,), 5)
    assert models.loads == ["a", "a"]


async def test_unloading_what_is_not_loaded_is_nothing(models):
    await models.pool(FOR_ONE).unload(models.path("a"))
    assert models.loads == []


async def test_unloading_waits_for_one_that_leaves_already(models):
    pool = models.pool(FOR_ONE)
    path = models.path("a")
    async with pool.lease(path):
        first = asyncio.create_task(pool.unload(path))
        await spin()
        second = asyncio.create_task(pool.unload(path))
        await spin()
        first.cancel()  # who asked may leave; the engine ends all the same
        assert not second.done()
    await asyncio.wait_for(second, PATIENCE)


async def test_a_failure_is_told_with_its_reason_and_the_next_one_tries_anew(models):
    pool = models.pool(FOR_ONE)
    path = models.path("a", "bad")
    tries = await asyncio.gather(*(ask(pool, path, 1) for _ in range(3)), return_exceptions=True)
    for error in tries:
        assert isinstance(error, UnavailableError)
        assert error.message == "The model cannot be loaded: these weights are no good"
    models.path("a", "good")
    assert await ask(pool, path, 1) == continuation((1,), 5)
    assert models.loads == ["a", "a"]


async def test_a_process_that_dies_while_it_loads_is_a_failure_with_a_reason(models):
    pool = models.pool(FOR_TWO)
    assert await ask(pool, models.path("b"), 1)
    with pytest.raises(UnusableModelError, match=r"died while it loaded .*: signal 6 \(SIGABRT\)"):
        await ask(pool, models.path("a", "dies"), 1)
    await asyncio.sleep(0.3)
    assert models.loads == ["b", "a"], "it was started again"
    assert await ask(pool, models.path("b"), 1)


@pytest.mark.parametrize("text", ["never", "dies"])
async def test_weights_at_fault_are_not_loaded_again_until_the_file_is_another(models, text):
    pool = models.pool(FOR_ONE)
    path = models.path("a", text)
    for _ in range(3):
        with pytest.raises(UnusableModelError, match="cannot be loaded"):
            await ask(pool, path, 1)
    assert models.loads == ["a"]
    models.path("a", "good")
    assert await ask(pool, path, 1) == continuation((1,), 5)
    assert models.loads == ["a", "a"]


async def test_who_asks_reads_the_name_that_he_asked_for(models):
    pool = models.pool(FOR_ONE)
    path = models.path("a", "never")
    for name in ("accounts/x/models/one", "accounts/x/models/two"):
        with pytest.raises(UnusableModelError) as caught:
            async with pool.lease(path, name):
                pass
        assert caught.value.message == (
            f"The model {name} cannot be loaded: these weights are of no use"
        )
        assert str(caught.value) == caught.value.message


async def test_a_process_that_was_killed_while_it_loaded_is_tried_again(models):
    pool = models.pool(FOR_ONE)
    for _ in range(2):
        with pytest.raises(UnavailableError, match="signal 9"):
            await ask(pool, models.path("a", "killed"), 1)
    assert models.loads == ["a", "a"]


async def test_a_load_that_comes_to_no_end_is_given_up(models):
    pool = models.pool(FOR_ONE, load_limit=1.0)
    with pytest.raises(UnavailableError, match="had not read the weights after 1 s"):
        await ask(pool, models.path("a", "hangs"), 1)
    assert not pool._residents


async def test_an_engine_that_cannot_be_restarted_is_loaded_anew_by_the_next_request(models):
    pool = models.pool(FOR_ONE)
    path = models.path("a")
    async with pool.lease(path) as engine:
        models.path("a", "bad")
        connection = engine._connection
        connection.process.kill()
        await connection.closed.wait()
        with pytest.raises(UnavailableError, match="these weights are no good"):
            await ask(pool, path, 1)
    models.path("a", "good")
    assert await ask(pool, path, 1) == continuation((1,), 5)


async def test_a_model_that_is_too_large_drives_nobody_out(models):
    pool = models.pool(FOR_ONE)
    large = models.path("large")
    with large.open("r+b") as file:
        file.truncate(FOR_ONE)
    await ask(pool, models.path("a"), 1)
    with pytest.raises(UnavailableError, match=r"all models together may take 130 MiB"):
        await ask(pool, large, 1)
    await ask(pool, models.path("a"), 1)
    assert models.loads == ["a"]


async def test_beyond_the_limit_of_those_who_wait_it_refuses(models):
    pool = models.pool(FOR_ONE, slots=2, queue_limit=1)
    path = models.path("a")
    tasks = [asyncio.create_task(ask(pool, path, index)) for index in range(3)]
    await spin()
    with pytest.raises(OverloadedError, match="limit of 3"):
        await ask(pool, path, 1)
    assert await asyncio.gather(*tasks) == [continuation((index,), 5) for index in range(3)]


async def test_closing_ends_what_loads_waits_and_leaves(models):
    pool = models.pool(FOR_ONE)
    held, waiting = asyncio.Event(), []

    async def hold():
        with contextlib.suppress(HanabiError):
            async with pool.lease(models.path("a")) as engine:
                held.set()
                async for _ in engine.submit(greedy(1, max_tokens=500)):
                    pass

    holding = asyncio.create_task(hold())
    await held.wait()
    waiting = [asyncio.create_task(ask(pool, models.path(name), 1)) for name in "bc"]
    await spin()
    await asyncio.wait_for(pool.close(), PATIENCE)
    await asyncio.wait([holding, *waiting], timeout=PATIENCE)
    assert holding.done()
    assert all(task.cancelled() for task in waiting)
    assert models.loads == ["a"]
