"""The table of docs/models.md: a row for each architecture, written from examinations."""

import re
from collections.abc import Sequence
from pathlib import Path

from hanabi.engine.cuts import Cuts

from .architectures import ARCHITECTURES
from .examination import ROOT, STAGES, Examination
from .outcome import Kind
from .tiny_model import TYPES

PAGE = ROOT / "docs" / "models.md"
BEGIN = "<!-- The rows below are written by make test-models ARGS=--write -->"
END = "<!-- The end of the rows -->"
HEAD = (
    "| Architecture | Served | Exact | Against llama.cpp | Notes |",
    "|---|---|---|---|---|",
)


def write_table(examinations: Sequence[Examination], page: Path = PAGE) -> None:
    """Write a row for each architecture that was examined; rows of others stay."""
    text = page.read_text("utf-8")
    rows = rows_of(text)
    for one in ARCHITECTURES:
        found = [each for each in examinations if each.name == one.name]
        if found:
            rows[one.name] = row(one.name, found)
    ordered = [rows[one.name] for one in ARCHITECTURES if one.name in rows]
    lines = "\n".join([BEGIN, "", *HEAD, *ordered, "", END])
    begin, end = text.index(BEGIN), text.index(END) + len(END)
    page.write_text(text[:begin] + lines + text[end:], "utf-8")


def rows_of(text: str) -> dict[str, str]:
    """The rows that a page has, by architecture."""
    block = text[text.index(BEGIN) : text.index(END)]
    return {
        match[1]: match[0] for match in re.finditer(r"^\| `([^`]+)` \|.*$", block, re.MULTILINE)
    }


def row(name: str, found: Sequence[Examination]) -> str:
    """One row: what holds for all types of weights, or which it holds for."""
    found = sorted(found, key=lambda each: list(TYPES).index(each.weights))
    refusal = next((each.refusal for each in found if each.refusal), None)
    if refusal is not None:
        return f"| `{name}` | no | | | {_plain(refusal)} |"
    exact = [each.weights for each in found if each.is_exact]
    said = "yes" if len(exact) == len(found) else ", ".join(exact) or "no"
    against = next((each.of("library") for each in found if each.weights == "F32"), None)
    served = "yes" if not any(each.failures for each in found) else "wrong"
    return f"| `{name}` | {served} | {said} | {_distance(against)} | {_notes(found)} |"


def _distance(outcome) -> str:
    """How far F32 weights are from llama.cpp's kernels: the next round figure above it."""
    if outcome is None:
        return ""
    if outcome.kind is Kind.EQUAL:
        return "equal"
    if outcome.kind not in (Kind.CLOSE, Kind.DIFFERENT):
        return outcome.kind.value
    for figure in ("0.0001", "0.001", "0.01", "0.05"):
        if outcome.nats <= float(figure):
            return f"within {figure}"
    return f"{outcome.nats:.1f}"


def _notes(found: Sequence[Examination]) -> str:
    notes = []
    facts = next((each.facts for each in found if each.facts), None)
    if facts and facts.window:
        notes.append("sliding window")
    if facts and facts.cuts == Cuts.NOWHERE.value:
        notes.append("recurrent state")
    failures: dict[str, list[str]] = {}
    for each in found:
        for one in each.failures:
            failures.setdefault(one.scenario, []).append(each.weights)
    notes += [
        f"{scenario} fails ({', '.join(types)})"
        for scenario, types in failures.items()
        if scenario not in STAGES or types
    ]
    return "; ".join(notes)


def _plain(sentence: str) -> str:
    """A reason as one cell of a table: without what the server says of any file before it."""
    plain = " ".join(sentence.replace("|", "/").split())
    plain = plain.removeprefix("the GGUF file cannot be used: ")
    return plain if plain.startswith("llama.cpp") else plain[:1].upper() + plain[1:]
