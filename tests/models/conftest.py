"""Examines the models of the chosen tests, several at once, and sums up what was found."""

import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from .examination import ROOT, Examination, examine
from .table import write_table

KEPT = ROOT / ".cache" / "models"
"""Where examinations are kept: the table is written from them."""


def pytest_addoption(parser):
    parser.addoption("--write", action="store_true", help="write the table of docs/models.md")


@pytest.fixture(scope="session")
def examinations(request):
    """The examination of each model that a chosen test asks for, under way."""
    wanted = dict.fromkeys(
        (item.callspec.params["name"], item.callspec.params["weights"])
        for item in request.session.items
        if "examinations" in getattr(item, "fixturenames", ())
    )
    pool = ThreadPoolExecutor(os.cpu_count())
    yield {(name, weights): pool.submit(kept, name, weights) for name, weights in wanted}
    pool.shutdown(cancel_futures=True)


def kept(name: str, weights: str) -> Examination:
    """Examine a model, and keep what it came to."""
    found = examine(name, weights)
    KEPT.mkdir(parents=True, exist_ok=True)
    file_of(name, weights).write_bytes(msgspec.json.format(msgspec.json.encode(found)))
    return found


def file_of(name: str, weights: str) -> Path:
    return KEPT / f"{name}-{weights}.json"


def all_kept() -> list[Examination]:
    return [
        msgspec.json.decode(path.read_bytes(), type=Examination)
        for path in sorted(KEPT.glob("*.json"))
    ]


def pytest_terminal_summary(terminalreporter, config):
    """What failed, grouped by its kind."""
    groups = defaultdict(list)
    for report in terminalreporter.getreports("failed"):
        for key, value in report.user_properties:
            if key == "failure":
                kind, what = value
                groups[kind].append(what)
    for kind, whats in sorted(groups.items()):
        terminalreporter.section(f"{kind}: {len(whats)}")
        for what in whats:
            terminalreporter.line(what)
    if config.getoption("--write", default=False):
        write_table(all_kept())
