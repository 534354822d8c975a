"""What importing our client costs beyond a bare Python.

    python benchmarks/client_import.py --rounds 15

Each round starts one Python for each program, in turn; figures are wall time from start to end.
"""

import argparse
import subprocess
import sys
import time
from statistics import median

from report import Report, spread, verdict

BARE = "pass"
BAR_MS = 120
"""The most that the import may take beyond a bare Python."""

PROGRAMS = {
    "import fireworks.client": "import fireworks.client",
    "... and a client made": "from fireworks.client import Fireworks; Fireworks(api_key='k')",
    "import openai": "import openai",
}


def milliseconds(program: str) -> float:
    """Wall time of a Python that runs a program."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    for program in (BARE, *PROGRAMS.values()):  # bytecode is compiled, files are in memory
        milliseconds(program)
    times = [
        {program: milliseconds(program) for program in (BARE, *PROGRAMS.values())}
        for _ in range(rounds)
    ]
    report = Report(
        "client_import",
        "Importing the client: milliseconds beyond a bare Python",
        ["", "ms more", "bar"],
        {"rounds": rounds, "bare Python, ms": round(median(one[BARE] for one in times))},
        notes=["Median (least - greatest) of the rounds."],
    )
    for title, program in PROGRAMS.items():
        more = [one[program] - one[BARE] for one in times]
        met = f"{BAR_MS} {verdict(met=median(more) <= BAR_MS)}"
        bar = met if title == "import fireworks.client" else ""
        report.rows.append([title, spread(more, 0), bar])
        report.measured.append({"program": program, "ms": more})
    report.publish()


if __name__ == "__main__":
    main()
