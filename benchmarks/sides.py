"""The two sides of throughput.py, each of which can take a turn while the other waits idle."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil

from http_client import Connection, Reply, ask, connections, post
from processes import Child, HanabiServer, cpu_seconds
from workload import chat

PATH = "/inference/v1/chat/completions"
PIECE = b'"content":"'
"""In every chunk that carries text, once; within a text its quotes would be escaped."""

SETTLE = 0.5
"""Seconds before a turn, in which the threads of the one before stop to spin for work."""

MOST_IDLE_CPU = 0.05
"""The share of a core that the side which waits may use."""

CLOCK_ERROR = 0.02
"""CPU seconds by which the system's count of a process may be off: a tick at either end."""


@dataclass
class Turn:
    """One run of all streams through HTTP, or raw.

    Attributes:
        seconds: from the first request to the last token.
        texts: what the streams said.
        first: seconds to each stream's first text.
        gaps: seconds between neighbouring pieces of text, of all streams.
        server_cpu: CPU seconds of the HTTP process alone.
        client_cpu: CPU seconds of the clients.
    """

    seconds: float
    texts: list[str]
    first: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    server_cpu: float = 0.0
    client_cpu: float = 0.0


@dataclass
class Sides:
    """The two sides, and what they are asked.

    Attributes:
        raw: the raw engine.
        server: the server.
        tokens: that each stream makes.
        questions: one a stream.
        prompts: the same as token ids, chat template included.
    """

    raw: Child
    server: HanabiServer
    tokens: int
    questions: list[str]
    prompts: list[list[int]]

    def raw_turn(self, streams: int, tokens: int) -> Turn:
        """Drive the engine raw."""
        time.sleep(SETTLE)
        with idle(self.server.process):
            answer = self.raw.ask([self.prompts[:streams], tokens])
        assert answer["tokens"] == tokens
        return Turn(answer["seconds"], answer["texts"])

    async def http_turn(self, streams: int, tokens: int, options: dict[str, Any]) -> Turn:
        """Stream from the server."""
        requests = [
            post(PATH, self.server.key, chat(question, tokens, stream=True, seed=seed) | options)
            for seed, question in enumerate(self.questions[:streams])
        ]
        async with connections(self.server.port, streams) as opened:
            time.sleep(SETTLE)  # noqa: ASYNC251 - nothing else may happen here
            with idle(self.raw.process):
                return await self._stream(requests, opened, tokens)

    async def _stream(self, requests: list[bytes], opened: list[Connection], tokens: int) -> Turn:
        """Send all requests at once and take what comes."""
        server_cpu, client_cpu = _own_cpu(self.server.process), time.process_time()
        pairs = zip(opened, requests, strict=True)
        replies = await asyncio.gather(*[connection.send(request) for connection, request in pairs])
        client_cpu = time.process_time() - client_cpu
        turn = Turn(
            seconds=max(reply.arrivals[-1] for reply in replies) - replies[0].sent,
            texts=[checked_text(reply, tokens) for reply in replies],
            server_cpu=_own_cpu(self.server.process) - server_cpu,
            client_cpu=client_cpu,
        )
        for reply in replies:
            times = reply.times_of(PIECE)
            turn.first.append(times[0] - reply.sent)
            turn.gaps += np.diff(times).tolist()
        return turn


async def prompt_ids(server: HanabiServer, question: str) -> list[int]:
    """What a question's prompt is in token ids, as the server itself tells."""
    request = post(PATH, server.key, chat(question, 1, return_token_ids=True))
    answer = await ask(server.port, request)
    ids: list[int] = answer["choices"][0]["prompt_token_ids"]
    return ids


def checked_text(reply: Reply, tokens: int) -> str:
    """A stream's text. Asserts that it has as many tokens as were asked for."""
    assert reply.status == 200, reply.body
    chunks = reply.chunks
    made = chunks[-1]["usage"]["completion_tokens"]
    assert made == tokens, f"{made} tokens came, not {tokens}"
    return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)


@contextmanager
def idle(process: psutil.Process) -> Iterator[None]:
    """Assert that a process and its children do not use the CPU meanwhile."""
    cpu, began = cpu_seconds(process), time.perf_counter()
    yield
    used, elapsed = cpu_seconds(process) - cpu, time.perf_counter() - began
    message = f"the side that waits used {used:.2f} CPU seconds in {elapsed:.2f} s"
    assert used <= CLOCK_ERROR + MOST_IDLE_CPU * elapsed, message


def _own_cpu(process: psutil.Process) -> float:
    """CPU seconds of a process without its children."""
    return sum(process.cpu_times()[:2])
