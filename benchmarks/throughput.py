"""Tokens per second through HTTP, against the same engine driven raw in the same run.

    python benchmarks/throughput.py --streams 1,8,32 --tokens 100 --rounds 5

Raw is `raw_engine.py`: batches that are always full, argmax, nothing else. HTTP is `hanabi serve`
with as many clients that stream a chat completion of the same prompt and the same number of
tokens. Both have the same threads, slots and context, and do the same prefill within the clock.
They take turns, a raw run before each HTTP run, and the one that waits must not use the CPU; each
ratio is of such a pair, so that a machine whose speed drifts does not matter.
"""

import argparse
import os
from collections.abc import Sequence
from functools import partial
from statistics import mean, median
from typing import Any

import msgspec
import numpy as np
import uvloop

from hanabi.app import engine_config
from hanabi.engine.config import EngineConfig
from hanabi.registry.bundled import KV_BYTES_PER_TOKEN
from hanabi.settings import OPTIONS, load_settings
from processes import child, hanabi_server
from profiling import profile
from report import Report, spread, verdict
from sides import Sides, Turn, prompt_ids
from workload import GREEDY, SAMPLED, assert_real, questions

CONTEXT = 1024
"""Tokens a slot holds: room for a question and an answer, little memory."""

MODES: dict[str, tuple[dict[str, Any], float]] = {
    "greedy": (GREEDY, 0.90),
    "sampled": (SAMPLED, 0.80),
}
"""Sampling options of the HTTP side, and the least share of the raw speed that is good enough."""

NOTE = """\
Median (least - greatest) of the rounds; each ratio is of a raw and an HTTP run that followed one \
another, prefill included. Raw is greedy in both modes; sampled is temperature 0.8, top_p 0.95. \
The last columns are CPU time beside the engine's."""


async def measure(sides: Sides, streams: int, rounds: int, report: Report) -> None:
    """Take turns with so many streams, and add a line for each mode to the report."""
    tokens = sides.tokens
    sides.raw_turn(streams, 2)
    await sides.http_turn(streams, 2, GREEDY)
    pairs: dict[str, list[tuple[Turn, Turn]]] = {mode: [] for mode in MODES}
    for _ in range(rounds):
        for mode, (options, _) in MODES.items():
            raw = sides.raw_turn(streams, tokens)
            pairs[mode].append((raw, await sides.http_turn(streams, tokens, options)))
    for mode, turns in pairs.items():
        add_line(report, streams, tokens, mode, turns)


def add_line(
    report: Report, streams: int, tokens: int, mode: str, pairs: Sequence[tuple[Turn, Turn]]
) -> None:
    """Sum up the pairs of one mode."""
    total = streams * tokens
    for raw, http in pairs:
        for text in (*raw.texts, *http.texts):
            assert_real(text, tokens)
    raw_speeds = [total / raw.seconds for raw, _ in pairs]
    speeds = [total / http.seconds for _, http in pairs]
    ratios = [raw.seconds / http.seconds for raw, http in pairs]
    first = np.percentile([value for _, http in pairs for value in http.first], (50, 95)) * 1e3
    gaps = np.percentile([value for _, http in pairs for value in http.gaps], (50, 99)) * 1e3
    same = sum(a == b for raw, http in pairs for a, b in zip(raw.texts, http.texts, strict=True))
    bar = MODES[mode][1]
    report.rows.append(
        (
            f"{streams} {mode}",
            spread(raw_speeds, 0),
            spread(speeds, 0),
            spread(ratios),
            f"{bar:.2f} {verdict(met=median(ratios) >= bar)}",
            f"{first[0]:.0f} / {first[1]:.0f}",
            f"{gaps[0]:.1f} / {gaps[1]:.1f}",
            f"{1e6 * median(http.server_cpu for _, http in pairs) / total:.0f}",
            f"{1e6 * median(http.client_cpu for _, http in pairs) / total:.0f}",
        )
    )
    report.measured.append(
        {
            "streams": streams,
            "mode": mode,
            "raw_tokens_per_second": raw_speeds,
            "http_tokens_per_second": speeds,
            "ratios": ratios,
            "bar": bar,
            "first_token_ms": {"p50": first[0], "p95": first[1]},
            "inter_token_ms": {"p50": gaps[0], "p99": gaps[1]},
            "server_cpu_seconds": [http.server_cpu for _, http in pairs],
            "client_cpu_seconds": [http.client_cpu for _, http in pairs],
        }
        | ({"texts_as_raw": same / (streams * len(pairs))} if mode == "greedy" else {})
    )


async def run(arguments: argparse.Namespace) -> None:
    """Start both sides and measure, or profile."""
    streams = max(arguments.streams)
    flags = settings_texts(arguments)
    config = engine_config(load_settings(flags, os.environ))
    command = [part for option in OPTIONS if option.name in flags for part in _flag(option, flags)]
    with child("raw_engine.py") as raw, hanabi_server(command) as server:
        loaded = raw.ask(msgspec.to_builtins(config))
        assert loaded["slots"] == config.slots, f"the memory is for {loaded['slots']} slots only"
        asked = questions(streams)
        prompts = [await prompt_ids(server, question) for question in asked]
        longest = max(map(len, prompts)) + arguments.tokens
        assert longest <= CONTEXT, f"a stream has up to {longest} tokens, a slot holds {CONTEXT}"
        sides = Sides(raw, server, arguments.tokens, asked, prompts)
        if arguments.profile:
            turn = partial(sides.http_turn, streams, sides.tokens)
            await profile(server.process, turn, "profile")
            return
        report = new_report(arguments, config, server.kernels, prompts)
        for count in arguments.streams:
            await measure(sides, count, arguments.rounds, report)
        same = mean(line["texts_as_raw"] for line in report.measured if line["mode"] == "greedy")
        report.notes.append(f"Of the greedy texts {same:.0%} equal the raw engine's.")
        report.publish()


def settings_texts(arguments: argparse.Namespace) -> dict[str, str]:
    """The settings of both sides, as texts of flags; what is not given stays the default."""
    slots = max(arguments.streams)
    wanted = {
        "threads": arguments.threads,
        "poll": arguments.poll,
        "slots": slots,
        "context": CONTEXT,
        "kv_memory": slots * CONTEXT * KV_BYTES_PER_TOKEN,
    }
    return {name: str(value) for name, value in wanted.items() if value is not None}


def new_report(
    arguments: argparse.Namespace, config: EngineConfig, kernels: str, prompts: list[list[int]]
) -> Report:
    """An empty report."""
    sizes = sorted(len(prompt) for prompt in prompts)
    return Report(
        name="throughput",
        title="Throughput: through HTTP, streamed, against the engine driven raw",
        columns=(
            "streams",
            "raw tokens/s",
            "HTTP tokens/s",
            "ratio",
            "bar",
            "TTFT ms p50/p95",
            "ITL ms p50/p99",
            "server us/token",
            "client us/token",
        ),
        settings={
            "kernels": kernels,
            "engine": f"{config.threads} threads, poll {config.poll}, {config.slots} slots",
            "work": f"{sizes[0]} to {sizes[-1]} prompt tokens, {arguments.tokens} generated",
            "rounds": arguments.rounds,
        },
        notes=[NOTE],
    )


def _flag(option: Any, flags: dict[str, str]) -> tuple[str, str]:
    return option.flag, flags[option.name]


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Help)
    parser.add_argument("--streams", type=_numbers, default=[1, 8, 32], help="such as 1,8,32")
    parser.add_argument("--tokens", type=int, default=100, help="that each stream makes")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs for each line")
    parser.add_argument("--threads", type=int, help="compute threads; the server's default")
    parser.add_argument("--poll", type=int, help="how hard they spin; the server's default")
    parser.add_argument("--profile", action="store_true", help="write a py-spy profile instead")
    uvloop.run(run(parser.parse_args()))


class _Help(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    """Shows the text above as it stands, and defaults."""


if __name__ == "__main__":
    main()
