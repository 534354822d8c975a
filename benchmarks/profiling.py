"""Where the time goes: py-spy on the server and on its engine, as tables of functions."""

import asyncio
import re
import signal
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil

from processes import PROGRAMS
from report import RESULTS
from workload import GREEDY, SAMPLED

SECONDS = 15
"""The least that each mode is recorded; whole runs, so that prefill has its usual share."""

RATE = 200
"""Samples a second."""

SHOWN = 30
"""Functions in a table."""

INTRODUCTION = """\
# Profile

By py-spy, of the time in which a thread was at work. Self is the time in a function's own lines \
and in the C code that they call: `Runner.run` is uvloop, its writes to sockets included, and \
`Context.decode` is llama.cpp. Total has the functions that it called as well."""


async def profile(
    server: psutil.Process, run: Callable[[dict[str, Any]], Awaitable[Any]], name: str
) -> None:
    """Record our two processes while `run` keeps them busy, greedy and sampled; write the tables.

    Args:
        server: the server; the engine is its only child.
        run: sends requests with these sampling options until they are answered.
        name: of the file.
    """
    (engine,) = server.children()
    sections = [INTRODUCTION]
    for mode, options in (("greedy", GREEDY), ("sampled", SAMPLED)):
        with tempfile.TemporaryDirectory() as folder:
            processes = {
                Path(folder, "server"): server,
                Path(folder, "engine"): engine,
            }
            recorders = [await _record(process, path) for path, process in processes.items()]
            until = perf_counter() + SECONDS
            while perf_counter() < until:
                await run(options)
            for recorder in recorders:
                await _finish(recorder)
            sections += [
                f"## {mode}: {path.name}\n\n{table(path.read_text())}" for path in processes
            ]
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / f"{name}.md"
    target.write_text("\n\n".join(sections) + "\n", encoding="utf-8")
    print(f"wrote benchmarks/results/{target.name}")


def table(stacks: str) -> str:
    """The functions in py-spy's raw format that took most of the time, as Markdown."""
    own: Counter[str] = Counter()
    total: Counter[str] = Counter()
    samples = 0
    for line in stacks.splitlines():
        stack, _, count = line.rpartition(" ")
        functions = [_function(frame) for frame in stack.split(";") if "(" in frame]
        if not functions:
            continue
        samples += int(count)
        own[functions[-1]] += int(count)
        total.update(dict.fromkeys(functions, int(count)))
    lines = [f"{samples} samples.", "", "| self % | total % | function |", "| --- | --- | --- |"]
    lines += [
        f"| {_percent(own[name], samples)} | {_percent(total[name], samples)} | {name} |"
        for name in _greatest(own, total)
    ]
    return "\n".join(lines)


def _greatest(own: Counter[str], total: Counter[str]) -> list[str]:
    """The functions of the table: most own time first; those that only call are left out."""
    names = sorted(own, key=lambda name: (own[name], total[name]), reverse=True)
    return names[:SHOWN]


def _function(frame: str) -> str:
    """A frame without its line number and without the folders of this machine."""
    name, _, place = frame.rpartition(" (")
    path = re.sub(r":\d+\)$|\)$", "", place)
    path = re.sub(r"^/.*?(?=(?:hanabi|hanabi_llama|site-packages|lib/python)/)", "", path)
    return f"`{name}` {path}"


def _percent(count: int, samples: int) -> str:
    return f"{100 * count / samples:.1f}"


async def _record(process: psutil.Process, path: Path) -> asyncio.subprocess.Process:
    """Begin to sample a process; the samples come into a file when it is told to finish."""
    options = {"pid": process.pid, "format": "raw", "rate": RATE}
    return await asyncio.create_subprocess_exec(
        PROGRAMS / "py-spy",
        "record",
        *[part for name, value in options.items() for part in (f"--{name}", str(value))],
        "--output",
        path,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )


async def _finish(recorder: asyncio.subprocess.Process) -> None:
    """Have a recorder write what it saw."""
    if recorder.returncode is None:
        recorder.send_signal(signal.SIGINT)
    _, errors = await recorder.communicate()
    if recorder.returncode:
        raise RuntimeError(f"py-spy failed (it needs leave to trace): {errors.decode().strip()}")
