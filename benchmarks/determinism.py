"""How often a greedy request gets the same reply, whoever runs beside it and whatever is cached.

    python benchmarks/determinism.py --prompts 25 --tokens 48

The engine loop over the bundled model, without a server. Each prompt's reply, its tokens and their
log-probabilities to the last bit, is compared with that of the prompt alone in an empty engine.
Accounts share nothing in the cache, so one of its own makes a request cold.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np

from hanabi.engine.config import EngineConfig
from hanabi.engine.llama import open_model
from hanabi.engine.loop import EngineLoop
from hanabi.generation.events import TokenEvent
from hanabi.generation.request import GenerationRequest
from hanabi.machine import available_cores
from hanabi.registry.bundled import find_weights
from hanabi.sampling.params import SamplingParams
from hanabi.sampling.row import Row
from report import Report

GREEDY = SamplingParams(temperature=0)
LENGTHS = (20, 90, 250, 400, 700)
"""Tokens of a prompt: before the tiles, across where they begin, and far behind."""

NEIGHBOURS = (0, 1, 7, 31)
"""Of a cold request."""

BESIDE = 7
"""Of one from the cache."""

CONTEXT = 1024
QUESTION = 12
"""Tokens of the next turn behind a prompt and its reply."""

Reply = tuple[tuple[int | None, Row | None], ...]


@dataclass
class Engine:
    """A loop, its random texts, and a number for each request and account."""

    loop: EngineLoop
    vocab: int
    numbers: np.random.Generator

    def __post_init__(self) -> None:
        """Start counting."""
        self._count = count()
        self._events: dict[int, list[TokenEvent]] = {}

    def text(self, length: int) -> tuple[int, ...]:
        """Token ids that no other text has."""
        return tuple(self.numbers.integers(300, self.vocab, length).tolist())

    def account(self) -> str:
        """One that has asked nothing yet."""
        return f"account {next(self._count)}"

    def ask(self, prompt: tuple[int, ...], tokens: int, account: str, neighbours: int = 0) -> Reply:
        """The reply to a prompt beside so many others, of which each is at another place."""
        others = [
            self._submit(self.text(10 + 37 * number % 300), 10_000, "neighbours")
            for number in range(neighbours)
        ]
        for _ in range(2 * neighbours):
            self._step()
        number = self._submit(prompt, tokens, account)
        while not (told := self._events.get(number)) or told[-1].finish is None:
            self._step()
        for other in others:
            self.loop.cancel(other)
        while self.loop.has_work:
            self._step()
        events = self._events[number]
        self._events.clear()
        return tuple((event.token, event.row) for event in events)

    def _submit(self, prompt: tuple[int, ...], tokens: int, account: str) -> int:
        number = next(self._count)
        request = GenerationRequest(
            prompts=(prompt,), max_tokens=tokens, sampling=GREEDY, logprobs=2, account=account
        )
        self.loop.submit(number, request)
        return number

    def _step(self) -> None:
        for pass_ in self.loop.plan():
            self.loop.run(pass_)
        for number, events in self.loop.events():
            kept = [event for event in events if isinstance(event, TokenEvent)]
            self._events.setdefault(number, []).extend(kept)


def trials(engine: Engine, length: int, tokens: int) -> Iterator[tuple[str, bool]]:
    """What is tried of one prompt, and whether its reply was the same each time."""
    prompt = engine.text(length)
    alone = engine.ask(prompt, tokens, engine.account())
    for neighbours in NEIGHBOURS:
        reply = engine.ask(prompt, tokens, engine.account(), neighbours)
        yield f"cold, among {neighbours}", reply == alone
    account = engine.account()
    engine.ask(prompt, tokens, account)
    yield "from the cache, alone", engine.ask(prompt, tokens, account) == alone
    yield f"from the cache, among {BESIDE}", engine.ask(prompt, tokens, account, BESIDE) == alone
    engine.ask((*prompt[: length * 2 // 3], 299), tokens, account := engine.account())
    yield "from part of it in the cache", engine.ask(prompt, tokens, account) == alone
    reply = tuple(token for token, _ in alone if token is not None)
    turn = (*prompt, *reply, *engine.text(QUESTION))
    cold = engine.ask(turn, tokens, engine.account())
    account = engine.account()
    engine.ask(prompt, tokens, account)
    yield "next turn, behind a reply in the cache", engine.ask(turn, tokens, account) == cold


def main() -> None:
    """Compare and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--prompts", type=int, default=25, help="of which each length has a share")
    parser.add_argument("--tokens", type=int, default=48, help="of a reply")
    given = parser.parse_args()
    weights = find_weights()
    assert weights is not None, "the bundled model is not installed: run make dev"
    slots = max(NEIGHBOURS) + 1
    config = EngineConfig(
        threads=available_cores(), poll=50, cache_bytes=1 << 31, context_length=CONTEXT, slots=slots
    )
    runner, loaded = open_model(weights, config)
    report = Report(
        "determinism",
        "The same reply, to the last bit, as alone in an empty engine",
        ["tried", "by default", "--deterministic"],
        {"prompts": given.prompts, "tokens": given.tokens, "kernels": loaded.kernels},
    )
    same: dict[bool, Counter[str]] = {}
    for deterministic in (False, True):
        loop = EngineLoop(runner, token_budget=128, deterministic=deterministic)
        engine = Engine(loop, loaded.vocab.size, np.random.default_rng(0))
        same[deterministic] = Counter()
        for number in range(given.prompts):
            print(f"prompt {number + 1} of {given.prompts}", end="\r", flush=True)
            for tried, was_same in trials(engine, LENGTHS[number % len(LENGTHS)], given.tokens):
                same[deterministic][tried] += was_same
    for tried in same[False]:
        counts = [same[deterministic][tried] for deterministic in (False, True)]
        report.rows.append([tried, *(f"{found} of {given.prompts}" for found in counts)])
        report.measured.append({"tried": tried, "default": counts[0], "deterministic": counts[1]})
    report.notes.append(f"Prompts of {', '.join(map(str, LENGTHS))} random tokens, in turn.")
    report.publish()


if __name__ == "__main__":
    main()
