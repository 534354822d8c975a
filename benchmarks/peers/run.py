"""A run: sides that are up take turns at workloads, and what they did is noted."""

import asyncio
import contextlib
import math
import time
from collections.abc import Iterator, Mapping

from hanabi_llama import Model
from peers import texts
from peers.exchange import Exchange
from peers.figures import Turn, figures
from peers.outcome import Outcome
from peers.raw_tools import decode_speed
from peers.servers import PEERS, Bench, Server
from peers.sides import Side
from peers.speaker import Speaker
from peers.workloads import GREEDY, Workload, chat, opening

SETTLE = 0.5
"""Seconds before a turn, in which the threads of the one before stop to spin for work."""

MOST_IDLE = 0.05
"""The share of a core that a side which waits may use before the report tells it."""


class Run:
    """The servers of a run, and what has been measured with them."""

    def __init__(self, servers: Mapping[Side, Server], bench: Bench, outcome: Outcome) -> None:
        """Take servers that are up."""
        self._servers = servers
        self._bench = bench
        self._outcome = outcome
        self._vocab = Model.open(bench.weights).vocab
        self._counts: dict[str, list[int]] = {side.name: [0, 0] for side in servers}
        self._began = time.monotonic()

    async def warm_up(self) -> None:
        """Let each side answer once, and see that all read the same prompt."""
        read = {}
        for side, server in self._servers.items():
            ask = chat(opening(texts.question(0)), 8, GREEDY)
            answer = await Speaker(server).say(ask)
            if answer.failure:
                raise RuntimeError(f"{side.name} does not answer: {answer.failure}")
            if answer.prompt_tokens is not None:
                read[side.name] = answer.prompt_tokens
        if len(set(read.values())) > 1:
            self._outcome.notes.append(f"The sides read one prompt as different tokens: {read}.")

    async def measure(self, workload: Workload, rounds: int) -> None:
        """Let all sides take turns at a workload."""
        sides = [side for side in self._servers if side.takes(workload)]
        raw = workload.streams and (PEERS / "llama-server").is_dir()
        for number in range(rounds):
            for side in sides:
                await self._turn(workload, side, number)
            if raw:
                tool, speed = decode_speed(self._bench, workload.streams, workload.tokens)
                turn = Turn(tool, workload.name, number, decode=speed)
                self._note(workload, tool, number, figures(turn))

    async def _turn(self, workload: Workload, side: Side, number: int) -> None:
        server = self._servers[side]
        await asyncio.sleep(SETTLE)
        with self._waiting(side):
            exchanges = await workload.run(Speaker(server).say, number)
        tokens = tuple(self._tokens(side, exchange) for exchange in exchanges)
        turn = Turn(side.name, workload.name, number, tuple(exchanges), tokens, server.rss)
        for failure in sorted({one.failure for one in exchanges if one.failure}):
            self._outcome.notes.append(f"{workload.name}, {side.name}: {failure}")
        self._note(workload, side.name, number, figures(turn))

    def _tokens(self, side: Side, exchange: Exchange) -> int:
        """Tokens that an exchange generated.

        The server's count, which is held against the tokenizer's; and the tokenizer's where the
        server is silent, or has several choices, of which llama-server counts but one.
        """
        if exchange.scores:  # the text is the prompt's echo
            return 0
        counted = sum(len(self._vocab.tokenize(text)) for text in exchange.texts)
        if exchange.tokens is None or len(exchange.texts) > 1:
            return counted
        self._counts[side.name][0] += exchange.tokens
        self._counts[side.name][1] += counted
        return exchange.tokens

    @contextlib.contextmanager
    def _waiting(self, side: Side) -> Iterator[None]:
        """Note when a side that waits uses the CPU."""
        others = {other: server for other, server in self._servers.items() if other is not side}
        before = {other: cpu_seconds(server) for other, server in others.items()}
        began = time.monotonic()
        yield
        seconds = time.monotonic() - began
        for other, server in others.items():
            share = (cpu_seconds(server) - before[other]) / seconds
            if share > MOST_IDLE and seconds > 1:
                self._outcome.notes.append(
                    f"{other.name} used {share:.0%} of a core while {side.name} had its turn."
                )

    def _note(self, workload: Workload, side: str, number: int, found: Mapping[str, float]) -> None:
        self._outcome.add(workload.name, side, found)
        wanted = ("tokens/s", "decode tokens/s", "TTFT p50", "seconds", "failures", "refusals")
        known = [name for name in wanted if found.get(name) and math.isfinite(found[name])]
        told = ", ".join(f"{name} {found[name]:.4g}" for name in known)
        minutes = (time.monotonic() - self._began) / 60
        print(
            f"{minutes:5.1f} min  {workload.name}, round {number + 1}, {side}: {told}", flush=True
        )

    def tell_counts(self) -> None:
        """Note how far the servers' token counts are from the tokenizer's."""
        shares = [
            f"{name} {counted / told:.3f}" for name, (told, counted) in self._counts.items() if told
        ]
        self._outcome.notes.append(
            "Tokens of the texts by one tokenizer, as a share of what the servers counted (text"
            f" can be tokenised in other ways than it was generated): {', '.join(shares)}."
        )


def cpu_seconds(server: Server) -> float:
    """CPU time that a server's processes have used so far."""
    return sum(sum(process.cpu_times()[:2]) for process in server.family)
