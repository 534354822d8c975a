"""The processes that are measured: started, asked, and their CPU time read."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

HERE = Path(__file__).parent
PROGRAMS = Path(sys.executable).parent
"""Where the environment keeps `hanabi` and `py-spy`."""

PATIENCE = 60
"""Seconds that a process has to end once it was told to."""


@dataclass(frozen=True)
class HanabiServer:
    """A `hanabi serve` that takes requests.

    Attributes:
        port: where it listens on loopback.
        key: its API key.
        engine: the banner's line about the engine: kernels, threads, slots x context.
        process: the server; the engine is its child.
        home: its HANABI_HOME.
    """

    port: int
    key: str
    engine: str
    process: psutil.Process
    home: Path

    @property
    def kernels(self) -> str:
        """Which of llama.cpp's kernels it uses."""
        return self.engine.partition(" kernels")[0]

    @property
    def engine_process(self) -> psutil.Process:
        """The process of the one model that it has loaded."""
        (engine,) = self.process.children()
        return engine


class Child:
    """A Python script of this folder that answers each line of JSON with a line of JSON."""

    def __init__(self, popen: subprocess.Popen[str]) -> None:
        """Take the running process; `child` starts one."""
        self._popen = popen
        self.process = psutil.Process(popen.pid)

    def ask(self, question: Any) -> Any:
        """Send a question and wait for the answer."""
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._popen.stdin.write(json.dumps(question) + "\n")
        self._popen.stdin.flush()
        line = self._popen.stdout.readline()
        assert line, "the child process died; its error stands above"
        return json.loads(line)


@contextmanager
def child(script: str) -> Iterator[Child]:
    """Run a script of this folder; it ends when its standard input does."""
    popen = subprocess.Popen(
        [sys.executable, str(HERE / script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield Child(popen)
    finally:
        assert popen.stdin is not None
        popen.stdin.close()
        wait_for_end(popen)


@contextmanager
def hanabi_server(flags: Sequence[str], **environment: str) -> Iterator[HanabiServer]:
    """Run `hanabi serve` with these flags, on a free port, with an empty home.

    Args:
        flags: of the command line.
        environment: variables beside those of this process.
    """
    with tempfile.TemporaryDirectory() as home:
        popen = subprocess.Popen(
            [str(PROGRAMS / "hanabi"), "serve", "--port", "0", "--log-level", "warning", *flags],
            env=os.environ | {"HANABI_HOME": home, "NO_COLOR": "1"} | environment,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        try:
            banner = _banner(popen)
            port = re.search(r":(\d+)/inference", banner["Address"])
            assert port, banner
            key = (Path(home) / "api-key").read_text().strip()
            yield HanabiServer(
                int(port[1]), key, banner["Engine"], psutil.Process(popen.pid), Path(home)
            )
        finally:
            popen.send_signal(signal.SIGTERM)
            wait_for_end(popen)


def cpu_seconds(process: psutil.Process) -> float:
    """CPU time that a process and its children have used so far, in seconds."""
    family = [process, *process.children(recursive=True)]
    return sum(sum(member.cpu_times()[:2]) for member in family)


def _banner(popen: subprocess.Popen[str]) -> dict[str, str]:
    """The named lines of the banner, read up to the last of them."""
    lines: dict[str, str] = {}
    for line in popen.stdout or ():
        name, _, value = line.strip().partition("  ")
        lines[name] = value.strip()
        if name == "Engine":
            return lines
    raise RuntimeError("hanabi serve did not start; its error stands above")


def wait_for_end(popen: subprocess.Popen[Any]) -> None:
    """Wait for the end of a process; one that hangs is killed."""
    try:
        popen.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()
