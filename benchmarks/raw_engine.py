"""The engine driven raw: a process with nothing but decode and argmax, the bar for throughput.py.

The first line of its input is an engine configuration, answered by what was loaded. Each further
line is a list of prompts (token ids, one for each slot from 0) and a number of tokens, answered by
the seconds that the run took and the tokens that it made. No socket, no scheduler, no sampler.
"""

import json
import sys
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import msgspec

from hanabi.engine.config import EngineConfig
from hanabi.engine.llama import LlamaRunner, open_model
from hanabi.engine.runner import Chunk
from hanabi.registry.bundled import find_weights


def prefill_batches(prompts: list[list[int]], budget: int) -> Iterator[list[Chunk]]:
    """Lay out the prompts in batches of at most `budget` tokens, in the order of their slots."""
    batch: list[Chunk] = []
    room = budget
    for slot, prompt in enumerate(prompts):
        start = 0
        while start < len(prompt):
            piece = prompt[start : start + room]
            ends = start + len(piece) == len(prompt)
            batch.append(Chunk(slot, start, piece, int(ends)))
            start += len(piece)
            room -= len(piece)
            if room == 0:
                yield batch
                batch, room = [], budget
    if batch:
        yield batch


def generate(
    runner: LlamaRunner, prompts: list[list[int]], tokens: int, budget: int
) -> list[list[int]]:
    """Continue every prompt by `tokens` tokens, always the likeliest; one list a step."""
    for slot in range(len(prompts)):
        runner.trim(slot, 0)
    latest: list[int] = []
    for batch in prefill_batches(prompts, budget):
        logits = runner.decode(batch)
        assert logits is not None
        if len(logits):
            latest += logits.argmax(axis=1).tolist()
    positions = [len(prompt) for prompt in prompts]
    steps = [latest]
    for step in range(tokens - 1):
        chunks = [
            Chunk(slot, position + step, (token,), 1)
            for slot, (position, token) in enumerate(zip(positions, latest, strict=True))
        ]
        logits = runner.decode(chunks)
        assert logits is not None
        latest = logits.argmax(axis=1).tolist()
        steps.append(latest)
    return steps


def main() -> None:
    """Load what the first line says, then run what the others say."""
    config = msgspec.json.decode(sys.stdin.readline(), type=EngineConfig)
    weights = find_weights()
    assert weights is not None, "the bundled model is not installed: run make dev"
    runner, loaded = open_model(weights, config)
    _answer({"slots": loaded.slots, "context": loaded.context_length, "kernels": loaded.kernels})
    budget = max(config.token_budget, loaded.slots)
    control = frozenset(loaded.vocab.special.values())
    for line in sys.stdin:
        prompts, tokens = json.loads(line)
        began = perf_counter()
        steps = generate(runner, prompts, tokens, budget)
        seconds = perf_counter() - began
        pieces = loaded.vocab.pieces
        texts = [
            b"".join(pieces[token] for token in stream if token not in control).decode(
                errors="replace"
            )
            for stream in zip(*steps, strict=True)
        ]
        _answer({"seconds": seconds, "tokens": len(steps), "texts": texts})


def _answer(answer: Any) -> None:
    """Write a line for whoever asked."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
