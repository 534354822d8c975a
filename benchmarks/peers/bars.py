"""What has to be reached: each bar is a ratio of ours and theirs, round by round."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from peers.raw_tools import BATCHED, BENCH

LLAMA = "llama-server"
DRAFTING = "llama-server ngram"
BEST = "the best peer"

Measured = Mapping[tuple[str, str], Sequence[Mapping[str, float]]]
"""(workload, side) -> the figures of each round."""


@dataclass(frozen=True)
class Bar:
    """A bound on the ratio of our figure to another's.

    Attributes:
        workload: its name.
        figure: that is compared.
        other: whose figure it is compared with.
        limit: the bound.
        at_least: whether the ratio must be the limit or more; else the limit or less.
    """

    workload: str
    figure: str
    other: str
    limit: float
    at_least: bool = True

    def met(self, ratio: float) -> bool:
        """Whether a ratio is good enough."""
        return ratio >= self.limit if self.at_least else ratio <= self.limit


@dataclass(frozen=True)
class Judged:
    """A bar and what was measured of it.

    Attributes:
        bar: the bar.
        other: the side that it was compared with.
        ratios: of each round in which both were measured; none when they never were.
    """

    bar: Bar
    other: str
    ratios: tuple[float, ...]

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the bar; None when nothing was measured."""
        return self.bar.met(median(self.ratios)) if self.ratios else None


def all_bars(clients: int, scored: int) -> list[Bar]:
    """The issue's table, but for the mock engine, which has a benchmark of its own.

    Args:
        clients: that share a system prompt, which is part of the workloads' names.
        scored: texts to score, likewise.
    """
    one, eight, many = "1 stream", "8 streams", "32 streams"
    speed, decode, first = "tokens/s", "decode tokens/s", "TTFT p50"
    bars = [
        Bar(f"{one}, greedy", decode, BENCH, 0.98),
        Bar(f"{one}, sampled", decode, BENCH, 0.98),
        Bar(f"{one}, greedy", speed, LLAMA, 1.0),
        Bar(f"{one}, sampled", speed, LLAMA, 1.0),
    ]
    for streams in (eight, many):
        bars += [
            Bar(f"{streams}, greedy", speed, LLAMA, 1.25),
            Bar(f"{streams}, greedy", decode, BATCHED, 0.97),
            Bar(f"{streams}, sampled", speed, LLAMA, 2.0),
            Bar(f"{streams}, top_k 40", speed, LLAMA, 1.1),
        ]
    return [
        *bars,
        Bar(f"{eight}, logprobs 5", speed, LLAMA, 1.3),
        Bar(f"{clients} clients, new system prompt", first, LLAMA, 0.5, at_least=False),
        Bar(f"{clients} clients, known system prompt", first, LLAMA, 0.5, at_least=False),
        Bar("multi-turn", first, LLAMA, 1.0, at_least=False),
        Bar("n: 8", "seconds", LLAMA, 0.6, at_least=False),
        Bar(f"scoring {scored} texts", "requests/s", BEST, 1.5),
        Bar("edit", speed, LLAMA, 1.5),
        Bar("summarise", speed, LLAMA, 1.5),
        Bar("edit", speed, DRAFTING, 1.0),
        Bar("summarise", speed, DRAFTING, 1.0),
    ]


def judge(bar: Bar, measured: Measured, ours: str, sides: Sequence[str]) -> Judged:
    """Compare our side with the one that the bar names.

    Args:
        bar: the bar.
        measured: every figure.
        ours: our side's name.
        sides: the peers among which the best is looked for; ours is not one of them.
    """
    others = sides if bar.other == BEST else (bar.other,)
    judged = [
        Judged(bar, other, _ratios(bar, measured, ours, _tool(other, bar))) for other in others
    ]
    found = [one for one in judged if one.ratios]
    if not found:
        return Judged(bar, bar.other, ())
    hardest = min if bar.at_least else max
    return hardest(found, key=lambda one: median(one.ratios))


def _ratios(bar: Bar, measured: Measured, ours: str, place: tuple[str, str]) -> tuple[float, ...]:
    pairs = zip(measured.get((bar.workload, ours), ()), measured.get(place, ()), strict=False)
    ratios = (
        our[bar.figure] / their[bar.figure]
        for our, their in pairs
        if bar.figure in our and their.get(bar.figure)
    )
    return tuple(ratio for ratio in ratios if math.isfinite(ratio))


def _tool(other: str, bar: Bar) -> tuple[str, str]:
    """Where the other side's figures stand: a tool decodes what the greedy streams do."""
    if other in (BENCH, BATCHED):
        return bar.workload.replace("sampled", "greedy"), other
    return bar.workload, other
