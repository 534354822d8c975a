"""A thousand files of ill will: the header reader refuses them, or an engine process survives them
or dies of them alone; each way there is a reason, and nothing hangs."""

import asyncio
from collections import Counter

import pytest

from hanabi.engine.config import EngineConfig
from hanabi.engine.pool import EnginePool
from hanabi.errors import HanabiError, InvalidRequestError, UnavailableError, UnusableModelError
from hanabi.generation.request import GenerationRequest
from hanabi.registry.gguf import read_header
from hanabi.sampling.params import SamplingParams

from ..hostile import MUTATIONS, write_mutant  # noqa: TID252 - test folders are no packages
from ..tiny_llama import write_tiny_llama  # noqa: TID252 - test folders are no packages

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

MUTANTS = 1000
AT_ONCE = 2
PATIENCE = 60
"""Seconds: more than a busy machine needs, less than a hang takes."""

CONFIG = EngineConfig(threads=1, poll=0, cache_bytes=2**20, context_length=256, slots=2)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return write_tiny_llama(tmp_path_factory.mktemp("good") / "tiny.gguf").read_bytes()


async def outcome(path):
    """What becomes of a file that the reader lets pass."""
    pool = EnginePool(CONFIG, 2**30)
    try:
        async with asyncio.timeout(PATIENCE):
            async with pool.lease(path) as engine:
                prompt = await engine.tokenize(["Hello world"])
                generation = engine.submit(
                    GenerationRequest(
                        prompts=(tuple(prompt) or (0,),),
                        max_tokens=2,
                        end_ids=engine.vocab.end_ids,
                        sampling=SamplingParams(temperature=1, top_p=0.9),
                        logprobs=2,
                    )
                )
            try:
                if not [events async for events in generation]:
                    return "nothing", ""
            except UnavailableError as error:
                return "crashed while it generated", error.message
            except HanabiError as error:
                return "no probabilities", error.message
            return "generated", "two tokens"
    except (UnavailableError, UnusableModelError) as error:
        died = "died while it loaded" in error.message
        return "crashed while it loaded" if died else "refused by llama.cpp", error.message
    finally:
        await pool.close()


async def test_a_thousand_mutants(weights, tmp_path):
    outcomes, crashes = Counter(), []
    running = asyncio.Semaphore(AT_ONCE)

    async def one(seed):
        path = tmp_path / f"mutant-{seed}.gguf"
        kind = write_mutant(path, weights, seed)
        try:
            read_header(path)
        except InvalidRequestError as error:
            found, reason = "refused by the reader", error.message
        else:
            async with running:
                found, reason = await outcome(path)
        assert reason
        assert str(tmp_path) not in reason
        outcomes[found] += 1
        if "crashed" in found:
            crashes.append((seed, kind, found, reason))
        path.unlink()

    for start in range(0, MUTANTS, 50):
        await asyncio.gather(*(one(seed) for seed in range(start, start + 50)))
    shown = "\n".join(map(str, [dict(outcomes), *crashes]))
    print(shown)  # noqa: T201 - pytest shows it beside a failure
    assert outcomes.total() == MUTANTS
    assert outcomes["generated"] > 0
    assert outcomes["no probabilities"] > 0
    # A crash costs nobody but the one who asked; but the reader is to refuse what it comes from.
    assert crashes == [], shown


def test_every_mutation_is_among_them():
    assert len(MUTATIONS) <= MUTANTS
