"""What a run leaves behind, also one that was interrupted: Markdown, JSON and two charts."""

import json
import math
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from peers.bars import LLAMA, Bar, Judged, all_bars, judge
from peers.figures import SLO_FIRST_TOKEN, SLO_INTER_TOKEN
from peers.svg import Bars, bar_chart
from peers.workloads import Sizes
from report import RESULTS, machine, spread, verdict

COLUMNS = (
    ("tokens/s", 0),
    ("decode tokens/s", 0),
    ("seconds", 2),
    ("TTFT p50", 0),
    ("TTFT p95", 0),
    ("ITL p50", 1),
    ("ITL p99", 1),
    ("requests/s", 2),
    ("goodput", 2),
    ("failures", 0),
    ("refusals", 0),
    ("RSS MiB", 0),
)
"""The figures of the table, and the digits to show."""

PAIRS = (("hanabi", LLAMA), ("hanabi avx2", "llama-server avx2"))
"""Ours, and the llama-server with the same kernels."""

NOTE = f"""\
Median (least - greatest) of the rounds. TTFT and ITL (first text, and the gap between texts of a \
stream) are in ms. Goodput is the requests a second whose first text came within \
{SLO_FIRST_TOKEN:g} s and whose texts came every {SLO_INTER_TOKEN:g} s or faster. Decode tokens/s \
is over the time in which all streams run at once, so without prefill; a tool's line has nothing \
else. RSS is the sum over a server's processes after the turn."""

Figures = Mapping[str, float]


@dataclass
class Outcome:
    """Everything that was measured so far.

    Attributes:
        sizes: of the workloads.
        settings: what was run.
        sides: name -> what it is.
        missing: name -> why it was not measured.
        measured: (workload, side) -> the figures of each round.
        notes: what a reader has to know.
    """

    sizes: Sizes
    settings: dict[str, Any]
    sides: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    measured: dict[tuple[str, str], list[Figures]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, workload: str, side: str, figures: Figures) -> None:
        """Take one turn's figures."""
        self.measured.setdefault((workload, side), []).append(figures)

    def judged(self) -> list[tuple[str, Judged]]:
        """Each bar that both sides of a pair were measured for, with our side's name."""
        found = []
        for ours, theirs in PAIRS:
            peers = [side for side in self.sides if not side.startswith("hanabi")]
            for bar in all_bars(self.sizes.clients, self.sizes.scored):
                if ours != "hanabi" and bar.other != LLAMA:
                    continue  # the tools have this processor's kernels
                asked = replace(bar, other=theirs) if bar.other == LLAMA else bar
                found.append((ours, judge(asked, self.measured, ours, peers)))
        return [(ours, one) for ours, one in found if one.ratios or ours == "hanabi"]

    def publish(self) -> None:
        """Write the files, and print the tables."""
        facts = machine() | {"commit": commit()} | self.settings
        RESULTS.mkdir(exist_ok=True)
        text = self._markdown(facts)
        (RESULTS / "peers.md").write_text(text, encoding="utf-8")
        document = {
            "facts": facts,
            "sides": self.sides,
            "missing": self.missing,
            "measured": [
                {"workload": workload, "side": side, "rounds": [_plain(one) for one in rounds]}
                for (workload, side), rounds in self.measured.items()
            ],
            "bars": [_bar_facts(ours, one) for ours, one in self.judged()],
            "notes": self.notes,
        }
        written = json.dumps(document, indent=1, allow_nan=False)
        (RESULTS / "peers.json").write_text(written + "\n", encoding="utf-8")
        for name, figure, title in (
            ("speed", "tokens/s", "Tokens a second (more is better)"),
            ("first-token", "TTFT p50", "Time to first token, median (less is better)"),
        ):
            unit = "ms" if figure == "TTFT p50" else figure
            chart = bar_chart(title, self._groups(figure), unit)
            (RESULTS / f"peers-{name}.svg").write_text(chart, encoding="utf-8")
        print(text)
        print("wrote benchmarks/results/peers.md, peers.json and peers-*.svg")

    def _groups(self, figure: str) -> list[tuple[str, Bars]]:
        """The bars of a chart: a group a workload that has the figure."""
        groups: dict[str, list[tuple[str, float, float, float]]] = {}
        for (workload, side), rounds in self.measured.items():
            if values := _finite(rounds, figure):
                bar = (side, median(values), min(values), max(values))
                groups.setdefault(workload, []).append(bar)
        return list(groups.items())

    def _markdown(self, facts: dict[str, Any]) -> str:
        lines = ["# Hanabi beside its peers", ""]
        lines += [f"- {name}: {value}" for name, value in facts.items()]
        lines += ["", "## Sides", ""]
        lines += [f"- **{name}**: {how}" for name, how in self.sides.items()]
        lines += [f"- **{name}** is missing: {why}" for name, why in self.missing.items()]
        lines += ["", "## Bars", ""]
        lines += _table(
            ("workload", "figure", "side", "against", "ratio", "bar", ""),
            [_bar_row(ours, one) for ours, one in self.judged()] + mock_rows(),
        )
        lines += ["", "## Figures", "", NOTE]
        for workload in dict.fromkeys(workload for workload, _ in self.measured):
            rows = {
                side: rounds for (name, side), rounds in self.measured.items() if name == workload
            }
            lines += ["", f"### {workload}", "", *_figure_table(rows)]
        for note in self.notes:
            lines += ["", note]
        return "\n".join(lines) + "\n"


def mock_rows() -> list[Sequence[str]]:
    """The bars of the API over a mock engine, as api_ceiling.py has measured them last."""
    path = RESULTS / "api_ceiling.json"
    if not path.exists():
        return []
    measured = {
        line["figure"]: line for line in json.loads(path.read_text(encoding="utf-8"))["measured"]
    }
    rows: list[Sequence[str]] = []
    for figure, least in (("requests/s", 1000), ("streamed chunks/s", 60_000)):
        line = measured[figure]
        met = median(line["api"]) >= least or line["median_ratio"] >= 0.5
        shown = f"{spread(line['api'], 0)}; ratio {line['median_ratio']:.2f}"
        bar = f">= {least}, or ratio >= 0.5"
        rows.append(("mock engine", figure, "hanabi", "bare loop", shown, bar, verdict(met=met)))
    return rows


def commit() -> str:
    """The checkout's commit, marked when files differ from it; empty outside of git."""
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - whichever git there is
        capture_output=True,
        encoding="utf-8",
        cwd=RESULTS.parent,
        check=False,
    )
    return asked.stdout.strip()


def _bar_row(ours: str, one: Judged) -> Sequence[str]:
    bar: Bar = one.bar
    sign = ">=" if bar.at_least else "<="
    ratio = _shown(one.ratios, 2) or "not measured"
    told = "" if one.met is None else verdict(met=one.met)
    return (bar.workload, bar.figure, ours, one.other, ratio, f"{sign} {bar.limit:g}", told)


def _bar_facts(ours: str, one: Judged) -> dict[str, Any]:
    bar = one.bar
    return {
        "workload": bar.workload,
        "figure": bar.figure,
        "side": ours,
        "against": one.other,
        "ratios": one.ratios,
        "limit": bar.limit,
        "at_least": bar.at_least,
        "met": one.met,
    }


def _figure_table(rows: Mapping[str, Sequence[Figures]]) -> list[str]:
    """A line a side; columns that nobody has a figure for are left out."""
    columns = [
        (name, digits)
        for name, digits in COLUMNS
        if any(_finite(rounds, name) for rounds in rows.values())
    ]
    lines = []
    for side, rounds in rows.items():
        cells = [(_finite(rounds, name), digits) for name, digits in columns]
        lines.append((side, *(_shown(values, digits) for values, digits in cells)))
    return _table(("side", *(name for name, _ in columns)), lines)


def _shown(values: Sequence[float], digits: int) -> str:
    """The median, and the spread where there is one; empty of nothing."""
    if len(values) > 1:
        return spread(values, digits)
    return "".join(f"{value:.{digits}f}" for value in values)


def _finite(rounds: Sequence[Figures], figure: str) -> list[float]:
    values = (one.get(figure, math.nan) for one in rounds)
    return [value for value in values if math.isfinite(value)]


def _plain(figures: Figures) -> dict[str, float | None]:
    """Figures as JSON has them, which knows no NaN."""
    return {name: value if math.isfinite(value) else None for name, value in figures.items()}


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]
