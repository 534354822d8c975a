"""Set up `.venv` for `make serve` (runtime), `make test-reference` (reference) or the rest (dev).

Each step leaves a stamp in `.venv/.set-up`: a digest of all that its outcome depends on. A step
whose stamp holds is skipped, so a second run takes a blink; one that failed is tried again. A step
that was interrupted leaves the stamp "unfinished", and the next run begins with a new environment,
since pip may take a half-copied package for an installed one. Standard library only: this runs
before anything is installed.
"""

import argparse
import fcntl
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMPS = VENV / ".set-up"
LOG = ROOT / ".cache" / "set-up.log"
PYTHON = str(VENV / "bin" / "python")
OLDEST = (3, 11)
UNFINISHED = "unfinished"
CLIENTS = ("openai-0.28", "fireworks-0.11", "fireworks-0.14", "fireworks-0.19", "fireworks-1")
TAIL = 40  # lines of a failed command that are shown; the whole of it stays in the log

if sys.prefix == sys.base_prefix:
    BASE_PYTHON = sys.executable
else:  # an activated environment, which may be .venv itself, to be made anew
    BASE_PYTHON = f"{sys.base_prefix}/bin/python{sys.version_info.major}.{sys.version_info.minor}"

Show = Callable[[str], None]


class StepError(Exception):
    """A step failed; the message is what its command had to say."""


@dataclass(frozen=True)
class Step:
    """One thing to set up.

    Attributes:
        name: of its stamp.
        title: what a person reads while it runs.
        inputs: the files that its outcome depends on, beside the Python that runs it.
        work: does it, and shows its progress.
    """

    name: str
    title: str
    inputs: tuple[Path, ...]
    work: Callable[[Show], None]

    @property
    def stamp(self) -> Path:
        """The file that holds the digest of the inputs which this was last set up from."""
        return STAMPS / self.name

    def digest(self) -> str:
        """Return the digest of the inputs; a moved checkout or another Python changes it too."""
        digest = hashlib.sha256(f"{sys.version} {sys.base_prefix} {ROOT}".encode())
        for path in self.inputs:
            digest.update(f"\n{path.relative_to(ROOT)} {path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def holds(self) -> bool:
        """Whether this is set up, from the inputs as they are now."""
        return self.stamp.is_file() and self.stamp.read_text() == self.digest()


def run(command: list[str], show: Show, **environment: str) -> None:
    """Run a command, show its lines one at a time, and keep them in the log.

    Raises:
        StepError: it failed; the message is the end of its output.
    """
    lines = []
    with (
        LOG.open("a", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603 - the commands are our own
            command,
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        for line in process.stdout or ():
            log.write(line)
            lines.append(line)
            show(line.strip())
    if process.returncode != 0:
        raise StepError("".join(lines[-TAIL:]))


def pip(*arguments: str) -> list[str]:
    """Return the command that runs the environment's own pip."""
    return [PYTHON, "-m", "pip", *arguments]


INSTALL = ("install", "--no-input", "--disable-pip-version-check", "--no-deps")
LOCKED = (*INSTALL, "--require-hashes")
OURS = (*INSTALL, "--no-build-isolation", "--force-reinstall")


def lock(name: str) -> Path:
    """Return the lock file of that name."""
    return ROOT / "requirements" / f"{name}.txt"


def make_environment(show: Show) -> None:
    """Make `.venv` anew, without pip, which comes from a lock file and from no system package."""
    run([BASE_PYTHON, "-m", "venv", "--clear", "--without-pip", str(VENV)], show)


def install_tools(show: Show) -> None:
    """Install pip and the build tools with the pip that CPython came with."""
    if subprocess.run([BASE_PYTHON, "-m", "pip", "-V"], capture_output=True).returncode != 0:  # noqa: PLW1510, S603 - a status is asked for
        raise StepError(f"{BASE_PYTHON} has no pip. Install it, or name another: make PYTHON=...\n")
    requirements = ("-r", str(lock("build")))
    run([BASE_PYTHON, "-m", "pip", "--python", PYTHON, *LOCKED, *requirements], show)


def locked(*names: str) -> Callable[[Show], None]:
    """Return what installs these lock files."""
    requirements = [part for name in names for part in ("-r", str(lock(name)))]
    return lambda show: run(pip(*LOCKED, *requirements), show)


def install_engine(show: Show) -> None:
    """Build and install native/; where PATH has no npm, with one that is there for it alone."""
    with tempfile.TemporaryDirectory() as node:
        if shutil.which("npm") is None:
            run(pip(*LOCKED, "--target", node, "-r", str(lock("node"))), show)
        # As pip does, npm trusts the certificates that the system trusts.
        run(pip(*OURS, str(ROOT / "native")), show, PYTHONPATH=node, NODE_USE_SYSTEM_CA="1")


def install_hanabi(show: Show) -> None:
    """Install this checkout and its client, editable."""
    run(pip(*OURS, "--editable", str(ROOT / "client"), "--editable", str(ROOT)), show)


def client(name: str) -> Callable[[Show], None]:
    """Return what makes an environment in the environment for one release of a client."""
    environment = VENV / name
    python = str(environment / "bin" / "python")

    def install(show: Show) -> None:
        run([BASE_PYTHON, "-m", "venv", "--clear", "--without-pip", str(environment)], show)
        # Most of what a client brings along is never imported.
        requirements = ("--no-compile", "-r", str(lock(name)))
        run(pip("--python", python, *LOCKED, *requirements), show)

    return install


def install_reference(show: Show) -> None:
    """Make an environment for what `make test-reference` compares with; torch is in no lock."""
    environment = VENV / "reference"
    python = str(environment / "bin" / "python")
    run([BASE_PYTHON, "-m", "venv", "--clear", "--without-pip", str(environment)], show)
    run(pip("--python", python, *LOCKED, "-r", str(lock("reference"))), show)
    torch = ROOT / "requirements" / "torch.in"
    run(pip("--python", python, *INSTALL, "-r", str(torch)), show)


def native_sources() -> Iterable[Path]:
    """Return the files that the engine's wheel is built from, in a fixed order."""
    files = (ROOT / "native").rglob("*")
    return sorted(
        path for path in files if path.suffix in {".py", ".toml", ".json", ".cpp", ".hpp"}
    )


def steps(goal: str) -> list[Step]:
    """Return what a goal needs, in order."""
    runtime = [
        Step("environment", "environment", (), make_environment),
        Step("tools", "pip and build tools", (lock("build"),), install_tools),
        Step(
            "runtime",
            "dependencies and the bundled model",
            (lock("runtime"), lock("model")),
            locked("runtime", "model"),
        ),
        Step("engine", "engine library", (lock("node"), *native_sources()), install_engine),
        Step(
            "hanabi",
            "hanabi and its client",
            (ROOT / "pyproject.toml", ROOT / "client" / "pyproject.toml"),
            install_hanabi,
        ),
    ]
    dev = [
        Step("dev", "test tools", (lock("dev"),), locked("dev")),
        *(Step(name, name.replace("-", " "), (lock(name),), client(name)) for name in CLIENTS),
    ]
    reference = [
        Step(
            "reference",
            "transformers, torch and lm-eval",
            (lock("reference"), ROOT / "requirements" / "torch.in"),
            install_reference,
        )
    ]
    return {"runtime": runtime, "dev": runtime + dev, "reference": runtime + dev + reference}[goal]


def perform(step: Step) -> None:
    """Run a step, with one line that says how it goes, and stamp it."""
    start = time.monotonic()
    digest = step.digest()
    terminal = sys.stdout.isatty()

    def say(text: str, end: str = "") -> None:
        print(text, end=end, flush=True)

    def show(line: str) -> None:
        if terminal:
            room = shutil.get_terminal_size().columns - len(step.title) - 6
            say(f"\r  {step.title}  {line[: max(0, room)]}\x1b[K")

    say(f"  {step.title} ...")
    STAMPS.mkdir(parents=True, exist_ok=True)
    step.stamp.write_text(UNFINISHED)
    try:
        step.work(show)
    except StepError:
        step.stamp.unlink(missing_ok=True)
        say(" failed", end="\n")
        raise
    STAMPS.mkdir(exist_ok=True)
    step.stamp.write_text(digest)
    seconds = f"{time.monotonic() - start:.1f} s"
    say(f"\r  {step.title}  {seconds}\x1b[K" if terminal else f" {seconds}", end="\n")


def set_up(goal: str) -> None:
    """Run the steps whose stamps do not hold; each asks only when its turn comes."""
    if any(stamp.read_text() == UNFINISHED for stamp in STAMPS.glob("*")):
        (STAMPS / "environment").unlink(missing_ok=True)
    if all(step.holds() for step in steps(goal)):
        return
    LOG.parent.mkdir(exist_ok=True)
    LOG.unlink(missing_ok=True)
    print(f"Setting up in {VENV.relative_to(ROOT)} with Python {sys.version.split()[0]}:")
    for step in steps(goal):
        if not step.holds():
            perform(step)


def take_turn(own_file: IO[str]) -> None:
    """Wait until no other set-up of this checkout runs: `make serve` and `make test` at once."""
    try:
        fcntl.flock(own_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Waiting for another set-up of this checkout to end.", flush=True)
        fcntl.flock(own_file, fcntl.LOCK_EX)


def main() -> int:
    """Set up the goal named on the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Set up .venv.")
    parser.add_argument("goal", choices=["runtime", "dev", "reference"])
    goal = parser.parse_args().goal
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # pip's bars, on a terminal of few characters
    if sys.version_info < OLDEST:
        print(
            f"Hanabi needs CPython 3.11 or later, and {sys.executable} is", sys.version.split()[0]
        )
        print("Name another: make PYTHON=python3.11 ...")
        return 1
    with Path(__file__).open() as own_file:
        try:
            take_turn(own_file)
            set_up(goal)
        except StepError as error:
            print(error, end="")
            print(f"The set-up failed; the whole output is in {LOG.relative_to(ROOT)}.")
            return 1
        except KeyboardInterrupt:
            print("\nInterrupted; the next run begins anew.")
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
