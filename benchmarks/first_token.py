"""Streamed completions of long prompts, and when their first tokens come."""

from collections.abc import Iterator
from typing import Any

from http_client import ask, connections, post
from processes import HanabiServer
from workload import COMPLETIONS_MODEL, questions

PATH = "/inference/v1/completions"

FIRST = b'"choices":[{"index":0,'
"""With token ids asked for, a choice's first token is in its first chunk, text or none."""


def streamed(key: str, prompt: Any, max_tokens: int) -> bytes:
    """A streamed request."""
    body = {
        "model": COMPLETIONS_MODEL,
        "prompt": prompt,
        "max_tokens": max_tokens,
        "ignore_eos": True,
        "stream": True,
        "return_token_ids": True,
    }
    return post(PATH, key, body)


async def first_token(server: HanabiServer, prompt: list[int]) -> tuple[float, float]:
    """When a prompt was sent, and when its first token came, in seconds of `perf_counter`."""
    async with connections(server.port, 1) as (connection,):
        reply = await connection.send(streamed(server.key, prompt, 4))
    assert reply.status == 200, reply.body
    return reply.sent, reply.times_of(FIRST)[0]


async def prompts(server: HanabiServer, tokens: int) -> Iterator[list[int]]:
    """Prompts of so many tokens of prose, each of them different from its first token on."""
    text = " ".join(questions(36) * (tokens // 400 + 4))
    body = {"model": COMPLETIONS_MODEL, "prompt": text}
    answer = await ask(server.port, post("/inference/v1/tokenize", server.key, body))
    ids: list[int] = answer["tokens"]
    return (ids[start : start + tokens] for start in range(len(ids) - tokens))
