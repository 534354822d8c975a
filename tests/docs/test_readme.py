import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from hanabi import __version__
from hanabi.cli.banner import Banner, print_banner
from hanabi.settings import OPTIONS

from .markdown import PAGES, ROOT, blocks, section, table

README = PAGES["README.md"]


def test_the_settings_are_those_of_the_program():
    rows = table(section(README, "## Settings"))
    assert [(variable, flag) for variable, flag, _, _ in rows] == [
        (f"`{option.variable}`", f"`{option.flag}`") for option in OPTIONS
    ]
    for option, (_, _, default, meaning) in zip(OPTIONS, rows, strict=True):
        purpose, _, found_out = option.purpose.rstrip(".").partition("; ")
        if isinstance(option.default, str):
            assert (default, meaning) == (f"`{option.default}`", option.purpose)
        else:
            assert (default, meaning) == (found_out, f"{purpose}.")


def test_the_banner_is_what_the_program_prints():
    shown = next(b.text for b in blocks("README.md") if "is ready" in b.text)
    banner = shown[shown.index(f"Hanabi {__version__} is ready") :]
    engine = re.search(
        r"(\S+) kernels, (\d+) threads, (\d+) slots x (\d+) tokens, "
        r"KV cache (\S+) GiB of (\S+) GiB",
        banner,
    )
    kernels, threads, slots, context, cache, budget = engine.groups()
    out = io.StringIO()
    print_banner(
        Banner(
            url="http://127.0.0.1:8000",
            socket=None,
            console=re.search(r"Console +(\S+)", banner)[1],
            key=re.search(r"API key +(\S+)", banner)[1],
            key_file=Path(re.search(r"kept in +(\S+)", banner)[1]),
            key_replaced=False,
            model="accounts/fireworks/models/smollm2-135m-instruct",
            chat=True,
            kernels=kernels,
            threads=int(threads),
            slots=int(slots),
            context_length=int(context),
            cache_bytes=int(float(cache) * 2**30),
            cache_budget=int(float(budget) * 2**30),
        ),
        Console(file=out),
    )
    assert banner.strip() == out.getvalue().strip()


def test_the_folders_are_those_of_the_source():
    rows = table(section(README, "## Working on it"))
    named = {cell.strip("`").rstrip("/") for cell, _ in rows}
    packages = {
        path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("src/hanabi/*/__init__.py")
    }
    assert packages - named == set()
    assert all((ROOT / name).exists() for name in named)


@pytest.mark.parametrize("mark", ["<!-- figures -->", "<!-- /figures -->"])
def test_the_place_of_the_figures_is_marked_once(mark):
    assert README.count(mark) == 1
