"""Whether memory grows with the requests that were answered: resident sets of server and engine.

    python benchmarks/memory_growth.py --requests 20000

Short requests of every kind, some at a time. What is left behind by a request shows in the growth
from the end of a warm-up, a fifth of all requests, to the end.
"""

import argparse
import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from http_client import Connection, connections, post
from processes import HanabiServer, hanabi_server
from report import Report
from workload import CHAT_MODEL, COMPLETIONS_MODEL

WARM_UP = 5
"""The warm-up is this part of the requests: caches fill in it, and the allocators' free lists."""

SAMPLES = 20
"""How often the memory is read."""

MIB = 1024 * 1024


@dataclass(frozen=True)
class Sample:
    """The resident sets after so many requests, in bytes."""

    requests: int
    server: int
    engine: int


def request(number: int, key: str, choose: random.Random) -> bytes:
    """One short request; its number decides the route and whether it streams and has logprobs."""
    prompt = f"Request {number}: say {choose.randrange(10**6)} in {choose.randrange(99)} words"
    wish: dict[str, Any] = {
        "max_tokens": choose.randint(1, 4),
        "temperature": choose.choice([0, 0.8]),
        "stream": bool(number & 1),
    }
    if number & 2:
        wish |= {"model": COMPLETIONS_MODEL, "prompt": prompt}
        wish |= {"logprobs": 3} if number & 4 else {}
        return post("/inference/v1/completions", key, wish)
    wish |= {"model": CHAT_MODEL, "messages": [{"role": "user", "content": prompt}]}
    wish |= {"logprobs": True, "top_logprobs": 3} if number & 4 else {}
    return post("/inference/v1/chat/completions", key, wish)


def sample(server: HanabiServer, requests: int) -> Sample:
    """Read both resident sets."""
    return Sample(
        requests, server.process.memory_info().rss, server.engine_process.memory_info().rss
    )


async def run(server: HanabiServer, count: int, clients: int) -> list[Sample]:
    """Send all requests and read the memory now and then."""
    choose = random.Random(0)
    requests = iter([request(number, server.key, choose) for number in range(count)])
    samples: list[Sample] = []
    async with connections(server.port, clients) as opened:
        for part in range(SAMPLES):
            share = count * (part + 1) // SAMPLES - count * part // SAMPLES
            turn = (next(requests) for _ in range(share))
            await asyncio.gather(*(_client(connection, turn) for connection in opened))
            samples.append(sample(server, count * (part + 1) // SAMPLES))
            print(f"{samples[-1].requests:,} of {count:,} requests", flush=True)
    return samples


async def _client(connection: Connection, requests: Iterator[bytes]) -> None:
    """Send what is left of the requests, one after the other."""
    for content in requests:
        reply = await connection.send(content)
        assert reply.status == 200, reply.body


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--slots", type=int, default=8)
    options = parser.parse_args()
    with hanabi_server(["--slots", str(options.slots)]) as server:
        samples = asyncio.run(run(server, options.requests, options.clients))
    warm = samples[SAMPLES // WARM_UP - 1]
    last = samples[-1]
    note = (
        f"From {warm.requests:,} requests to {last.requests:,}, in MiB: "
        f"server {(last.server - warm.server) / MIB:+.1f}, "
        f"engine {(last.engine - warm.engine) / MIB:+.1f}. "
        "Pages of the KV cache count from when they are first written to."
    )
    report = Report(
        "memory_growth",
        "Resident memory by requests answered, in MiB",
        ["requests", "server", "engine"],
        vars(options),
        notes=[note],
    )
    for one in samples:
        report.rows.append(
            [f"{one.requests:,}", f"{one.server / MIB:.1f}", f"{one.engine / MIB:.1f}"]
        )
        report.measured.append(vars(one))
    report.publish()


if __name__ == "__main__":
    main()
