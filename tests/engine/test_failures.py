"""A model that computes no probabilities for some texts, beside requests that it can answer."""

import asyncio
import sys

import numpy as np
import pytest

from hanabi.engine.engine import Engine
from hanabi.engine.loop import EngineLoop
from hanabi.engine.mock import MockRunner, continuation
from hanabi.errors import HanabiError, UnavailableError
from hanabi.generation.events import TokenEvent
from hanabi.generation.request import GenerationRequest
from hanabi.sampling.params import SamplingParams

REASON = "no usable probabilities"
AT_ONCE, LATER = 201, 202
"""Texts that begin with these have no probabilities: from their first token, from their eighth."""

POISONED_PROCESS = """
import socket, sys
import numpy as np
from hanabi.engine.mock import MockRunner, open_mock
from hanabi.engine.process import EngineProcess

{runner}

def open_poisoned(path, config):
    _, loaded = open_mock(path, config)
    return PoisonedRunner(slots=config.slots), loaded

EngineProcess(socket.socket(fileno=int(sys.argv[1]))).serve(open_poisoned)
"""

RUNNER = """
class PoisonedRunner(MockRunner):
    def decode(self, chunks):
        logits = super().decode(chunks)
        row = 0
        for chunk in chunks:
            held = self._held[chunk.slot]
            for length in range(len(held) - chunk.outputs + 1, len(held) + 1):
                if held[0] == 201 or (held[0] == 202 and length >= 8):
                    logits[row, 3] = np.nan
                row += 1
        return logits
"""


def poisoned_runner(**options):
    namespace = {"MockRunner": MockRunner, "np": np}
    exec(RUNNER, namespace)  # noqa: S102 - the very text that the process of these tests runs
    return namespace["PoisonedRunner"](**options)


def greedy(*prompts, max_tokens=20, **options):
    return GenerationRequest(
        prompts=prompts,
        max_tokens=max_tokens,
        end_ids=(),
        sampling=SamplingParams(temperature=0),
        **options,
    )


def run(loop):
    """Run to the end; tokens by request and choice, and failures."""
    tokens, failures = {}, {}
    for _ in range(1000):
        for pass_ in loop.plan():
            loop.run(pass_)
        for request_id, events in loop.events():
            assert request_id not in failures, "an event of a request that has failed"
            for event in events:
                if isinstance(event, TokenEvent):
                    tokens.setdefault((request_id, event.choice), []).append(event.token)
        failures.update(loop.failures())
        if not loop.has_work:
            return tokens, failures
    raise AssertionError("the loop does not come to an end")


@pytest.mark.parametrize("slots", [1, 2, 4])
@pytest.mark.parametrize(
    "bad",
    [
        greedy((AT_ONCE, 1, 2)),
        greedy((AT_ONCE, 1, 2), n=5),
        greedy((LATER, 1, 2)),
        greedy((LATER, 1, 2), n=5),
        greedy((1, 2), (AT_ONCE, 2), (3, 4), n=2),
        greedy((1, 2), (LATER, 2), (3, 4), n=2),
        greedy((LATER, *range(30)), prompt_logprobs=1, logprobs=1),
        greedy((LATER, *range(30)), (AT_ONCE, *range(30)), prompt_logprobs=1, max_tokens=0),
    ],
    ids=range(8),
)
def test_a_request_without_probabilities_fails_alone(bad, slots):
    loop = EngineLoop(poisoned_runner(slots=slots), token_budget=24)
    for number in range(3):
        loop.submit(number, greedy((number, 7), n=2))
        loop.submit(number + 10, bad)
    tokens, failures = run(loop)
    assert set(failures) == {10, 11, 12}
    assert all(REASON in reason for reason in failures.values())
    for number in range(3):
        for choice in range(2):
            assert tokens[number, choice] == continuation((number, 7), 20)
    loop.submit(20, greedy((9,)))
    assert run(loop)[0][20, 0] == continuation((9,), 20), "a slot was not given back"


def test_what_was_generated_before_is_told():
    loop = EngineLoop(poisoned_runner(), token_budget=24)
    loop.submit(1, greedy((LATER, 1, 2)))
    tokens, failures = run(loop)
    assert tokens[1, 0] == continuation((LATER, 1, 2), 5)
    assert set(failures) == {1}


@pytest.fixture
async def engine(tmp_path, config):
    script = POISONED_PROCESS.format(runner=RUNNER)
    engine = Engine(tmp_path / "mock.gguf", config, (sys.executable, "-c", script))
    await engine.start()
    yield engine
    await engine.close()


async def tokens_of(generation, tokens):
    async for events in generation:
        tokens.extend(event.token for event in events if isinstance(event, TokenEvent))


@pytest.mark.anyio
async def test_the_process_lives_on_and_the_reader_gets_what_there_was_and_the_reason(engine):
    neighbour = engine.submit(greedy((1, 2), max_tokens=200))
    tokens, others = [], []
    with pytest.raises(HanabiError, match=REASON) as caught:
        await tokens_of(engine.submit(greedy((LATER, 1, 2))), tokens)
    assert caught.value.status == 500
    assert not isinstance(caught.value, UnavailableError)
    assert tokens == continuation((LATER, 1, 2), 5)
    await tokens_of(neighbour, others)
    expected = continuation((1, 2), 200)  # to its EOS, which this request does not stop at
    assert others[: len(expected)] == expected
    assert len(others) == 200
    assert engine.restarts == 0
    await asyncio.wait_for(engine.drained(), 10)
