"""What the HTTP side could carry if the model cost nothing, against a bare ASGI loop.

    python benchmarks/api_ceiling.py --seconds 3 --clients 32

The API is the whole of it - keys, validation, conversation style, detokenizer, frames, metrics -
over a mock backend in the same process. Bare is an app on the same uvicorn that sends the very
bytes which the API sent, made beforehand. Both run in a process of their own, and take turns.
"""

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import uvloop

from http_client import FRAME, Connection, connections, post
from processes import Child, child, cpu_seconds
from report import Report, spread
from workload import chat, questions

PATH = "/inference/v1/chat/completions"
STREAM_TOKENS = 400
"""Tokens of a stream: its one-off cost is small beside them."""

REPLY_TOKENS = 8
"""Tokens of a reply that is not streamed: small, so that the request itself is measured."""

NOTE = """\
Median (least - greatest) of the rounds; each ratio is of an API and a bare run that followed one \
another. The clients run on the same machine, in a process of their own."""


@dataclass(frozen=True)
class Turn:
    """A stretch of time in which one server answered as many requests as it could.

    Attributes:
        seconds: how long it was.
        cpu_seconds: what the server used of the CPU.
        replies: requests that were answered.
        chunks: frames with a piece of text that were streamed.
    """

    seconds: float
    cpu_seconds: float
    replies: int
    chunks: int


@dataclass(frozen=True)
class Side:
    """One of the two servers, and the two requests that it is sent.

    Attributes:
        process: where it runs.
        port: where it listens.
        stream: the request for a stream.
        whole: the request for a reply at once.
    """

    process: Child
    port: int
    stream: bytes
    whole: bytes

    async def turn(self, request: bytes, clients: int, seconds: float) -> Turn:
        """Let clients send a request again and again."""
        async with connections(self.port, clients) as opened:
            cpu, began = cpu_seconds(self.process.process), perf_counter()
            counts = await asyncio.gather(
                *[_repeat(connection, request, began + seconds) for connection in opened]
            )
            return Turn(
                perf_counter() - began,
                cpu_seconds(self.process.process) - cpu,
                sum(replies for replies, _ in counts),
                sum(chunks for _, chunks in counts),
            )


async def _repeat(connection: Connection, request: bytes, until: float) -> tuple[int, int]:
    """Send a request until the time has come: replies and frames that were received."""
    replies = chunks = 0
    while perf_counter() < until:
        reply = await connection.send(request)
        assert reply.status == 200, reply.body
        replies += 1
        chunks += b"".join(reply.pieces).count(FRAME)
    return replies, chunks


async def start_api(process: Child) -> Side:
    """Start the API over the mock."""
    started = process.ask({"app": "api"})
    question = questions(1)[0]
    stream = post(PATH, started["key"], chat(question, STREAM_TOKENS, stream=True))
    whole = post(PATH, started["key"], chat(question, REPLY_TOKENS))
    return Side(process, started["port"], stream, whole)


async def start_bare(process: Child, model: Side) -> Side:
    """Start the bare app, which sends what the API sent when it was asked once."""
    async with connections(model.port, 1) as (connection,):
        frames = [frame.decode() for frame in (await connection.send(model.stream)).frames]
        whole = (await connection.send(model.whole)).body.decode()
    assert len(frames) >= STREAM_TOKENS, frames[:3]
    started = process.ask({"app": "bare", "frames": frames, "whole": whole})
    bare = Side(
        process,
        started["port"],
        model.stream.replace(PATH.encode(), b"/stream", 1),
        model.whole.replace(PATH.encode(), b"/whole", 1),
    )
    async with connections(bare.port, 1) as (connection,):
        assert [frame.decode() for frame in (await connection.send(bare.stream)).frames] == frames
        assert (await connection.send(bare.whole)).body.decode() == whole
    return bare


FIGURES: tuple[tuple[str, str, int, Callable[[Turn], float]], ...] = (
    ("requests/s", "whole", 0, lambda turn: turn.replies / turn.seconds),
    ("server CPU us/request", "whole", 0, lambda turn: 1e6 * turn.cpu_seconds / turn.replies),
    ("streamed chunks/s", "stream", 0, lambda turn: turn.chunks / turn.seconds),
    ("server CPU us/chunk", "stream", 1, lambda turn: 1e6 * turn.cpu_seconds / turn.chunks),
)
"""What is measured: its name, the kind of request, the digits to show, and how it is computed."""


async def run(arguments: argparse.Namespace) -> None:
    """Start both servers, let them take turns, and report."""
    clients, seconds = arguments.clients, arguments.seconds
    with child("api_server.py") as first, child("api_server.py") as second:
        api = await start_api(first)
        bare = await start_bare(second, api)
        pairs: dict[str, list[tuple[Turn, Turn]]] = {"stream": [], "whole": []}
        for side in (api, bare):
            await side.turn(side.stream, clients, 0.2)
        for _ in range(arguments.rounds):
            for kind, turns in pairs.items():
                api_turn = await api.turn(getattr(api, kind), clients, seconds)
                turns.append((api_turn, await bare.turn(getattr(bare, kind), clients, seconds)))
    report = Report(
        name="api_ceiling",
        title="The API over a mock engine, against a bare ASGI loop",
        columns=("", "API", "bare loop", "ratio"),
        settings={
            "work": f"{clients} clients; streams of {STREAM_TOKENS} tokens, replies of "
            f"{REPLY_TOKENS}",
            "rounds": f"{arguments.rounds} of {seconds:g} s each",
        },
        notes=[NOTE],
    )
    for name, kind, digits, figure in FIGURES:
        values = [(figure(api_turn), figure(bare_turn)) for api_turn, bare_turn in pairs[kind]]
        api_values, bare_values = ([pair[side] for pair in values] for side in (0, 1))
        ratios = [api_value / bare_value for api_value, bare_value in values]
        shown = (spread(api_values, digits), spread(bare_values, digits), spread(ratios))
        report.rows.append((name, *shown))
        report.measured.append(
            {
                "figure": name,
                "api": api_values,
                "bare": bare_values,
                "ratios": ratios,
                "median_ratio": median(ratios),
            }
        )
    report.publish()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=3, help="of each turn (default: 3)")
    parser.add_argument("--clients", type=int, default=32, help="at once (default: 32)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (default: 5)")
    uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
