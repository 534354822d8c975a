"""The examination of one model in child processes, and what it came to."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from .outcome import PASSES, Kind, Outcome

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = (
    "scored",
    "cached",
    "partly cached",
    "next turn",
    "neighbours",
    "n: 7",
    "paused",
    "cancelled",
    "drafted",
    "library",
)
"""In their order: what is most telling first, and llama.cpp's kernels last."""

LOADING = "loaded"
STAGES = ("made", LOADING)
"""What comes before the scenarios."""

PATIENCE = 180
"""Seconds after which a process is taken for stuck, however busy the machine is."""


class Facts(msgspec.Struct, frozen=True):
    """What a loaded model is said to be.

    Attributes:
        exact_cuts: whether it is claimed to be exact.
        cuts: where its memory can be cut: a value of `hanabi.engine.cuts.Cuts`.
        slots: how many it has.
        window: tokens of its sliding window; 0 for none.
        megabytes: the file's size.
    """

    exact_cuts: bool
    cuts: str
    slots: int
    window: int
    megabytes: float


class Examination(msgspec.Struct, frozen=True):
    """What became of a model.

    Attributes:
        name: the architecture's name in the table.
        weights: the type of its weights.
        outcomes: by scenario, in their order; a refused model has only the stages.
        facts: None where it was not loaded.
    """

    name: str
    weights: str
    outcomes: tuple[Outcome, ...]
    facts: Facts | None = None

    @property
    def failures(self) -> list[Outcome]:
        """What is not well."""
        return [
            outcome for outcome in self.outcomes if not outcome.passes and self._counts(outcome)
        ]

    @property
    def refusal(self) -> str | None:
        """Why the model is not served; None where it is."""
        refused = [outcome for outcome in self.outcomes if outcome.kind is Kind.REFUSED]
        return refused[0].note if refused else None

    @property
    def is_exact(self) -> bool:
        """Whether every reply was the same to the bit."""
        ours = [one for one in self.outcomes if one.scenario not in (*STAGES, "library")]
        kinds = {one.kind for one in ours} - {Kind.LEFT_OUT}
        return self.facts is not None and kinds == {Kind.EQUAL}

    def of(self, scenario: str) -> Outcome | None:
        """The outcome of a scenario."""
        return next((one for one in self.outcomes if one.scenario == scenario), None)

    def _counts(self, outcome: Outcome) -> bool:
        """Quantised products round otherwise than llama.cpp's: there only NaN and crashes count."""
        figures = {Kind.DIFFERENT, *PASSES}
        return not (
            outcome.scenario == "library" and self.weights != "F32" and outcome.kind in figures
        )


def examine(name: str, weights: str, scenarios: Sequence[str] = SCENARIOS) -> Examination:
    """Make a model and run scenarios on it; one that ends its process is left out from then on."""
    outcomes: dict[str, Outcome] = {}
    facts = None
    with tempfile.TemporaryDirectory(prefix="hanabi-model-") as folder:
        while True:
            left = [one for one in scenarios if one not in outcomes]
            lines, code, errors = _run(name, weights, folder, left)
            for line in lines:
                if line.startswith("facts "):
                    facts = msgspec.json.decode(line.removeprefix("facts "), type=Facts)
                else:
                    outcome = msgspec.json.decode(line, type=Outcome)
                    outcomes[outcome.scenario] = outcome
            if code == 0:
                break
            ended = next(one for one in (*STAGES, *left) if one not in outcomes)
            outcomes[ended] = Outcome(ended, Kind.CRASHED, note=_reason(code, errors))
            if ended == LOADING and _library_dies(name, weights, folder):
                note = f"llama.cpp ends its process while it loads: {_reason(code, errors)}."
                outcomes[ended] = Outcome(ended, Kind.REFUSED, note=note)
            if ended in STAGES or ended == scenarios[-1]:
                break
    order = [one for one in (*STAGES, *SCENARIOS) if one in outcomes]
    return Examination(name, weights, tuple(outcomes[one] for one in order), facts)


def _library_dies(name: str, weights: str, folder: str) -> bool:
    """Whether llama.cpp's own kernels end the process at loading, too: the server refuses that."""
    lines, code, _ = _run(name, weights, folder, (), {"HANABI_LLAMA_KERNELS": "library"})
    return code < 0 and not any(f'"{LOADING}"' in line for line in lines)


def _run(
    name: str,
    weights: str,
    folder: str,
    scenarios: Sequence[str],
    environment: Mapping[str, str] = MappingProxyType({}),
) -> tuple[list[str], int, str]:
    """Run a process; its lines, its exit code and what it complained of."""
    command = [sys.executable, "-m", "tests.models.examine", name, weights, folder, *scenarios]
    try:
        ended = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "GGML_NO_BACKTRACE": "1", **environment},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as stuck:
        told = (stuck.stdout or b"").decode(errors="replace")
        return told.splitlines()[:-1] if not told.endswith("\n") else told.splitlines(), -9, "stuck"
    return ended.stdout.splitlines(), ended.returncode, ended.stderr


def _reason(code: int, errors: str) -> str:
    """Why a process ended: an assertion of the library, or the last line that it wrote."""
    lines = [line for line in errors.splitlines() if line.strip()]
    asserted = [line for line in lines if "GGML_ASSERT" in line or "GGML_ABORT" in line]
    last = (asserted or lines or ["nothing was said"])[-1]
    where = last.rpartition("/")[2]
    return f"exit code {code}: {where}"
