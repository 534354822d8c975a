"""Hanabi beside its peers: the same workloads over HTTP by one client, in turns.

    python benchmarks/bench_peers.py                      # a full run of what the bars need
    python benchmarks/bench_peers.py --quick              # does everything work? no figures
    python benchmarks/bench_peers.py --workloads a,b --sides hanabi,llama-server
    python benchmarks/bench_peers.py --profile            # py-spy on our processes instead

In each round every side does a workload once, while the others wait idle; ratios are of the same
round. What was measured is written down also when it is interrupted. docs/benchmarks.md tells
what each workload is and how to read the table.
"""

import argparse
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

import uvloop

from hanabi.machine import available_cores
from peers.outcome import Outcome
from peers.run import Run
from peers.servers import Bench, Server, hanabi
from peers.sides import SIDES, USUAL, Side
from peers.speaker import Speaker
from peers.workloads import QUICK, Sizes, all_workloads, streams
from profiling import profile


async def compare(arguments: argparse.Namespace, outcome: Outcome, bench: Bench) -> None:
    """Start the sides and measure every workload that was asked for."""
    workloads = [
        workload
        for workload in all_workloads(outcome.sizes)
        if workload.letter in arguments.workloads
    ]
    with ExitStack() as stack:
        servers: dict[Side, Server] = {}
        for side in chosen_sides(arguments.sides):
            if not any(map(side.takes, workloads)):
                continue
            if side.missing:
                outcome.missing[side.name] = side.missing
                continue
            print(f"starting {side.name}", flush=True)
            try:
                servers[side] = stack.enter_context(side.start(bench))
            except RuntimeError as error:
                print(error)
                outcome.missing[side.name] = "it did not start"
                continue
            outcome.sides[side.name] = servers[side].how
        run = Run(servers, bench, outcome)
        try:
            await run.warm_up()
            for workload in workloads:
                await run.measure(workload, arguments.rounds)
        finally:
            run.tell_counts()


async def profile_ours(bench: Bench, sizes: Sizes) -> None:
    """Write py-spy profiles of our server and its engine with 1 and with 32 streams."""
    with hanabi(bench) as server:
        for count, tokens in ((1, sizes.single), (32, sizes.many)):
            numbers = iter(range(10**6))

            async def turn(options: dict[str, Any]) -> None:
                workload = streams("profile", "", count, tokens, options)  # noqa: B023 - used at once
                await workload.run(Speaker(server).say, next(numbers))  # noqa: B023 - likewise

            await profile(server.process, turn, f"profile-{count}")


def chosen_sides(names: Sequence[str]) -> list[Side]:
    """The sides of these names, in the order of the table."""
    return [side for side in SIDES if side.name in names]


def _letters(text: str) -> list[str]:
    return text.split(",")


def _sides(text: str) -> list[str]:
    names = [side.name for side in SIDES]
    if text == "all":
        return names
    wanted = text.split(",")
    if unknown := set(wanted) - set(names):
        raise argparse.ArgumentTypeError(
            f"no such side: {', '.join(unknown)}; there are {', '.join(names)}"
        )
    return wanted


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workloads", type=_letters, default=[*"abcdefghi"], help="such as a,b,d")
    parser.add_argument("--sides", type=_sides, default=USUAL, help="names with commas, or all")
    parser.add_argument("--rounds", type=int, help="of each workload (default: 5; quick: 1)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does everything work?")
    parser.add_argument("--threads", type=int, default=available_cores(), help="of each side")
    parser.add_argument("--slots", type=int, default=32, help="of each side (default: 32)")
    parser.add_argument("--context", type=int, default=1536, help="tokens a slot (default: 1536)")
    parser.add_argument("--profile", action="store_true", help="write py-spy profiles instead")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (1 if arguments.quick else 5)
    bench = Bench(arguments.threads, arguments.slots, arguments.context)
    sizes = QUICK if arguments.quick else Sizes()
    if arguments.profile:
        uvloop.run(profile_ours(bench, sizes))
        return
    settings: dict[str, Any] = {
        "each side": f"{bench.threads} threads, {bench.slots} slots of {bench.context} tokens",
        "rounds": arguments.rounds,
        "sizes": asdict(sizes),
    }
    outcome = Outcome(sizes, settings)
    # A run that is told to end stops its servers and writes what it has, as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        uvloop.run(compare(arguments, outcome, bench))
    except KeyboardInterrupt:
        outcome.notes.append("This run was interrupted: rounds and workloads are missing.")
    finally:
        outcome.publish()


if __name__ == "__main__":
    main()
