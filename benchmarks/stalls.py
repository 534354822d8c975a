"""What running streams notice of a long prompt that comes in, and what they cost it.

    python benchmarks/stalls.py --tokens 8000 --streams 8 --rounds 3

The gaps between the tokens of the streams while the prompt is computed beside them, and the time to
its first token, against that of such a prompt alone. No prompt is sent twice.
"""

import argparse
import asyncio
from itertools import pairwise
from statistics import median

import uvloop

from first_token import first_token, prompts, streamed
from hanabi.registry.bundled import KV_BYTES_PER_TOKEN
from http_client import connections
from peers.figures import percentile
from processes import HanabiServer, hanabi_server
from report import Report, spread, verdict
from workload import questions

BAR = 3.0
"""The most that the 99th percentile of the gaps may be, as a multiple of their median."""

WARM_UP = 1.0
"""Seconds that the streams have run when the prompt comes."""

ENOUGH = 4000
"""Tokens that a stream asks for: more than it gets while the prompt is computed."""


async def beside(
    server: HanabiServer, prompt: list[int], streams: int
) -> tuple[float, list[float]]:
    """Seconds to a prompt's first token beside streams, and the gaps of theirs meanwhile."""
    async with connections(server.port, streams) as opened:
        asked = zip(opened, questions(streams), strict=True)
        replies = [
            connection.send(streamed(server.key, question, ENOUGH))
            for connection, question in asked
        ]
        await asyncio.sleep(WARM_UP)
        sent, came = await first_token(server, prompt)
        assert not any(reply.done() for reply in replies), "a stream ended before the prompt did"
        for reply in replies:
            reply.add_done_callback(lambda ended: ended.exception())  # hung up on, and no news
        gaps: list[float] = []
        for connection in opened:
            within = [when for when in connection.arrivals if sent <= when <= came]
            gaps += [later - earlier for earlier, later in pairwise(within)]
    return came - sent, gaps


async def run(arguments: argparse.Namespace) -> None:
    """Take turns and report."""
    tokens, streams = arguments.tokens, arguments.streams
    context = max(tokens + 256, ENOUGH + 256)
    flags = {
        "--slots": streams + 1,
        "--context": context,
        "--kv-memory": (streams + 1) * (context + 256) * KV_BYTES_PER_TOKEN,
    }
    if arguments.budget is not None:
        flags["--token-budget"] = arguments.budget
    command = [str(part) for pair in flags.items() for part in pair]
    alone: list[float] = []
    among: list[float] = []
    ratios: list[float] = []
    medians: list[float] = []
    with hanabi_server(command) as server:
        fresh = await prompts(server, tokens)
        await first_token(server, next(fresh)[:100])
        for number in range(arguments.rounds):
            sent, came = await first_token(server, next(fresh))
            alone.append(came - sent)
            print(f"round {number + 1}: alone {alone[-1]:.1f} s", flush=True)
            seconds, gaps = await beside(server, next(fresh), streams)
            among.append(seconds)
            medians.append(1e3 * median(gaps))
            ratios.append(percentile(gaps, 0.99) / median(gaps))
            await asyncio.sleep(1)  # until the streams are cancelled
            print(f"  beside {streams} streams {seconds:.1f} s, p99 {ratios[-1]:.2f}", flush=True)
        engine = server.engine
    cost = [beside_them / by_itself for by_itself, beside_them in zip(alone, among, strict=True)]
    met = median(ratios) <= BAR
    report = Report(
        name="stalls",
        title=f"{streams} streams beside a prompt of {tokens} tokens",
        columns=("", "figure", "bar"),
        settings={"engine": engine, "rounds": arguments.rounds, "flags": " ".join(command)},
        rows=[
            ("gap between tokens meanwhile, median, ms", spread(medians, 0), ""),
            ("gap, p99 / median", spread(ratios), f"{BAR} {verdict(met=met)}"),
            ("first token of the prompt alone, s", spread(alone, 1), ""),
            ("first token of the prompt beside the streams, s", spread(among, 1), ""),
            ("beside them / alone", spread(cost), ""),
        ],
        measured=[
            {"gap_ms": medians, "ratios": ratios, "alone_s": alone, "among_s": among, "bar": BAR}
        ],
        notes=["Median (least - greatest) of the rounds; no prompt twice."],
    )
    report.publish()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokens", type=int, default=8000, help="of the prompt")
    parser.add_argument("--streams", type=int, default=8, help="that run beside it")
    parser.add_argument("--rounds", type=int, default=3, help="of both")
    parser.add_argument("--budget", type=int, help="the server's --token-budget")
    uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
