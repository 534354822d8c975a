"""What a benchmark leaves behind: a table on the screen, and JSON and Markdown in results/."""

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from hanabi.machine import available_cores

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("hanabi", "hanabi-llama", "numpy", "msgspec", "uvicorn", "uvloop", "starlette")

UNBOUNDED = 1000
"""Columns of a terminal that no table of ours fills."""


@dataclass
class Report:
    """A benchmark's outcome.

    Attributes:
        name: of its files.
        title: a line above the table.
        columns: the table's heads.
        rows: its cells, as text.
        settings: what was run, for both files.
        measured: every figure, for the JSON.
        notes: lines below the table.
    """

    name: str
    title: str
    columns: Sequence[str]
    settings: dict[str, Any]
    rows: list[Sequence[str]] = field(default_factory=list)
    measured: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def publish(self) -> None:
        """Print the table and write both files."""
        facts = machine() | self.settings
        RESULTS.mkdir(exist_ok=True)
        document = {"name": self.name, "facts": facts, "measured": self.measured}
        text = json.dumps(document, indent=1)
        (RESULTS / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")
        (RESULTS / f"{self.name}.md").write_text(self._markdown(facts), encoding="utf-8")
        self._print(facts)

    def _markdown(self, facts: dict[str, Any]) -> str:
        lines = [f"# {self.title}", ""]
        lines += [f"- {name}: {value}" for name, value in facts.items()]
        lines += ["", _row(self.columns), _row(["---"] * len(self.columns))]
        lines += [_row(row) for row in self.rows]
        for note in self.notes:
            lines += ["", note]
        return "\n".join(lines) + "\n"

    def _print(self, facts: dict[str, Any]) -> None:
        table = Table(title=self.title, title_justify="left", box=SIMPLE)
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left", no_wrap=True)
        for row in self.rows:
            table.add_row(*row)
        console = Console(highlight=False)
        # As wide as it needs, so that no figure is cut where the output is no terminal.
        wide = console.options.update(width=UNBOUNDED)
        console.width = max(console.width, Measurement.get(console, wide, table).maximum)
        console.print(table)
        for line in (*self.notes, ", ".join(f"{name} {value}" for name, value in facts.items())):
            console.print(line, soft_wrap=True)


def machine() -> dict[str, str | int]:
    """The machine, the versions and the date."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": available_cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "versions": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median, and in brackets the least and the greatest."""
    low, middle, high = min(values), median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} - {high:.{digits}f})"


def verdict(*, met: bool) -> str:
    """How a bar is spoken of."""
    return "met" if met else "MISSED"


def _processor() -> str:
    """The processor's model, as the system calls it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
