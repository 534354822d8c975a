"""What a key with one request waits for its first token while another key floods the server.

    python benchmarks/fairness.py --flood 100 --requests 20

The lone key sends one request after the other, first to an idle server, then beside a key that
keeps 100 long requests open; and so again in each round.
"""

import argparse
import asyncio
from contextlib import asynccontextmanager
from statistics import median, quantiles
from typing import Any

import uvloop

from first_token import first_token, prompts, streamed
from hanabi.accounts.keys import Keys
from hanabi.database.connection import open_database
from http_client import Connection, connections
from processes import HanabiServer, hanabi_server
from report import Report, spread, verdict
from workload import questions

BAR = 2.0
"""The most that the 95th percentile may be, as a multiple of that on an idle server."""

LONG = 600
"""Tokens of each request of the flood: so many that slots do not come free by themselves."""


async def wait(server: HanabiServer, prompt: list[int]) -> float:
    """Seconds until a lone request has its first token."""
    sent, came = await first_token(server, prompt)
    return came - sent


@asynccontextmanager
async def flood(server: HanabiServer, key: str, count: int) -> Any:
    """Keep so many long requests of another key open."""

    async def repeat(connection: Connection, question: str) -> None:
        while True:
            reply = await connection.send(streamed(key, question, LONG))
            assert reply.status == 200, reply.body

    async with connections(server.port, count) as opened:
        asked = zip(opened, questions(count), strict=True)
        tasks = [asyncio.create_task(repeat(*pair)) for pair in asked]
        await asyncio.sleep(10)  # the slots are taken, and the prompts of the first are computed
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def run(arguments: argparse.Namespace) -> None:
    """Take turns and report."""
    idle: list[float] = []
    flooded: list[float] = []
    flags = ["--slots", str(arguments.slots), "--context", "1024"]
    with hanabi_server(flags) as server:
        keys = Keys(open_database(server.home))
        other = keys.create("fireworks", "flood").text
        fresh = await prompts(server, arguments.tokens)
        await wait(server, next(fresh))
        for _ in range(arguments.rounds):
            idle += [await wait(server, next(fresh)) for _ in range(arguments.requests)]
            async with flood(server, other, arguments.flood):
                flooded += [await wait(server, next(fresh)) for _ in range(arguments.requests)]
            await asyncio.sleep(2)
        engine = server.engine
    ratio = _p95(flooded) / _p95(idle)
    report = Report(
        name="fairness",
        title=f"First token of a lone key beside {arguments.flood} long requests of another",
        columns=("", "idle, ms", "beside the flood, ms", "ratio", "bar"),
        settings={"engine": engine, "prompt": f"{arguments.tokens} tokens"},
        rows=[
            (
                "median",
                spread([1e3 * value for value in idle], 0),
                spread([1e3 * value for value in flooded], 0),
                f"{median(flooded) / median(idle):.2f}",
                "",
            ),
            (
                "95th percentile",
                f"{1e3 * _p95(idle):.0f}",
                f"{1e3 * _p95(flooded):.0f}",
                f"{ratio:.2f}",
                f"{BAR} {verdict(met=ratio <= BAR)}",
            ),
        ],
        measured=[{"idle_s": idle, "flooded_s": flooded, "ratio": ratio, "bar": BAR}],
        notes=["Median (least - greatest)."],
    )
    report.publish()


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--flood", type=int, default=100, help="open requests of the other key")
    parser.add_argument("--requests", type=int, default=20, help="of the lone key, in each part")
    parser.add_argument("--rounds", type=int, default=2, help="of both parts")
    parser.add_argument("--tokens", type=int, default=200, help="of the lone key's prompts")
    parser.add_argument("--slots", type=int, default=8, help="of the server")
    uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
