"""A real server: `hanabi serve` in a process of its own, with a home of its own."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

HANABI = Path(sys.executable).with_name("hanabi")
PATIENCE = 120
"""Seconds after which a server that neither starts nor ends is taken for stuck, however busy the
machine is."""

_ADDRESS = re.compile(
    r"^ *Address +(http://(?:127\.0\.0\.1:\d+|localhost))/inference/v1$", re.MULTILINE
)


class Server:
    """One run of `hanabi serve`, from its start to its end.

    Attributes:
        url: its address, without a path.
        key: its API key.
        home: its HANABI_HOME.
    """

    def __init__(self, folder: Path, *flags: str) -> None:
        """Start it and wait until it is ready; `folder` is empty, `flags` are those of serve."""
        self.home = folder / "home"
        self._log = folder / "log"
        # One thread: llama.cpp's spin, and other servers may run on the same cores.
        command = [HANABI, "serve", "--port", "0", "--threads", "1", *flags]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=_environment() | {"HANABI_HOME": str(self.home)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._ended: list[psutil.Process] = []
        try:
            self.url = self._await_address()
        except BaseException:
            self.kill()
            raise
        self.key = (self.home / "api-key").read_text().strip()

    @property
    def log(self) -> str:
        """What it printed so far."""
        return self._log.read_text(errors="replace")

    @property
    def engines(self) -> list[psutil.Process]:
        """Its engine processes."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def signal(self, number: signal.Signals) -> None:
        """Send the server, and it alone, a signal; its engines are remembered for `wait`."""
        self._ended = self.engines
        self.process.send_signal(number)

    def wait(self) -> int:
        """Wait for its end; its exit code. Asserts that no engine process outlives it."""
        code = self.process.wait(PATIENCE)
        _, left = psutil.wait_procs(self._ended, timeout=PATIENCE)
        assert left == [], f"engine processes outlived their server:\n{self.log}"
        return code

    def stop(self) -> None:
        """End it in order, if it still runs."""
        try:
            if self.process.poll() is None:
                self.signal(signal.SIGTERM)
                code = self.wait()
                assert code == 0, f"the server ended with exit code {code}:\n{self.log}"
        finally:
            self.kill()

    def kill(self) -> None:
        """End whatever of it is left, by force."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _await_address(self) -> str:
        """The address on its banner."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            if match := _ADDRESS.search(self.log):
                return match[1]
            time.sleep(0.02)
        message = f"the server did not start (exit code {self.process.poll()}):\n{self.log}"
        raise AssertionError(message)


def _environment() -> dict[str, str]:
    """This process' environment without the settings of another server."""
    kept = {"HANABI_LLAMA_LIB"}  # a setting of the machine
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("HANABI_") or name in kept
    }
