"""How long a start takes: from `hanabi serve` to the first token of a streamed chat.

    python benchmarks/start.py --rounds 5

The home folder is one that a server has used before. A request is sent when the banner stands.
"""

import argparse
import asyncio
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from http_client import Reply, connections, post
from processes import PROGRAMS, wait_for_end
from report import Report, spread, verdict
from workload import GREEDY, chat

BAR = 2.0
"""Seconds from the command to the first token."""

TOKENS = 4
PHASES = ("loading begins", "banner", "first token")
"""What is waited for, one after the other: the log's line that the model is being loaded, which
comes after imports and database; the banner, after the model is loaded; and a chat's first token.
"""


def start(home: Path) -> list[float]:
    """Start a server and ask it: seconds from the command to the end of each phase."""
    began = time.perf_counter()
    popen = subprocess.Popen(
        [str(PROGRAMS / "hanabi"), "serve", "--port", "0", "--log-format", "json"],
        env=os.environ | {"HANABI_HOME": str(home), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    try:
        ends: list[float] = []
        port = 0
        for line in popen.stdout or ():
            if not ends and '"event":"loading ' in line:
                ends.append(time.perf_counter() - began)
            if found := re.search(r"Address .*:(\d+)/inference", line):
                port = int(found[1])
                break
        assert port, "hanabi serve did not start"
        ends.append(time.perf_counter() - began)
        key = (home / "api-key").read_text().strip()
        reply = asyncio.run(_ask(port, key))
        assert reply.status == 200, reply.body
        first = next(when for when, event in reply.events if _has_text(event))
        return [*ends, first - began]
    finally:
        popen.send_signal(signal.SIGTERM)
        wait_for_end(popen)
        if popen.stdout is not None:
            popen.stdout.close()


async def _ask(port: int, key: str) -> Reply:
    """Stream a short chat."""
    body = chat("Hello", TOKENS, stream=True, **GREEDY)
    async with connections(port, 1) as (connection,):
        return await connection.send(post("/inference/v1/chat/completions", key, body))


def _has_text(event: bytes) -> bool:
    """Whether a chunk brings text; the first one brings the role alone."""
    return re.search(rb'"content":"[^"]', event) is not None


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        start(home)  # it makes the database and reads the weights for their digest
        times = [start(home) for _ in range(rounds)]
    report = Report(
        "start",
        "A start: seconds from the command",
        ["until", "s", "of which in this phase", "bar"],
        {"rounds": rounds},
        notes=["Median (least - greatest) of the rounds, on a home that was used before."],
    )
    for number, phase in enumerate(PHASES):
        ends = [one[number] for one in times]
        alone = [one[number] - (one[number - 1] if number else 0) for one in times]
        last = number == len(PHASES) - 1
        bar = f"{BAR:.0f} s: {verdict(met=median(ends) < BAR)}" if last else ""
        report.rows.append([phase, spread(ends), spread(alone), bar])
        report.measured.append({"until": phase, "seconds": ends, "phase_seconds": alone})
    report.publish()


if __name__ == "__main__":
    main()
