"""A fresh machine: a clean clone and an empty home; `make serve` gets to the first token."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.fresh]

ROOT = Path(__file__).resolve().parents[2]
SET_UP_WITHIN = 300
"""Seconds from nothing to the first token on two cores; most of them are the download's."""

SECOND_START_WITHIN = 60
GIT, MAKE = shutil.which("git"), shutil.which("make")
HOW_TO_REACH_AN_INDEX = re.compile(
    r"PIP_|NPM_|NODE_|SSL_|REQUESTS_|(https?|no)_proxy$", re.IGNORECASE
)
"""Variables of this machine that a fresh one would have as well, where it needs them."""


@pytest.fixture
def environment(tmp_path):
    """All that a fresh machine has: Python, the system's programs, a home with nothing in it."""
    home = tmp_path / "home"
    home.mkdir()
    machine = {
        name: value for name, value in os.environ.items() if HOW_TO_REACH_AN_INDEX.match(name)
    }
    path = f"{sys.base_prefix}/bin:/usr/local/bin:/usr/bin:/bin"
    return machine | {"HOME": str(home), "PATH": path}


@pytest.fixture
def clone(tmp_path, environment):
    """A clone of what is committed here. Skips where no package index can be reached."""
    if not (GIT and MAKE and shutil.which("curl")):
        pytest.skip("git, make or curl is not installed")
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, so there is nothing to clone")
    probe = ["-m", "pip", "download", "--no-deps", "--no-cache-dir", "--dest", str(tmp_path / "x")]
    done = subprocess.run(
        [f"{sys.base_prefix}/bin/python3", *probe, "click"],
        check=False,
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=SET_UP_WITHIN,
    )
    if done.returncode != 0:
        pytest.skip(f"the package index cannot be reached: {done.stderr.strip()[-300:]}")
    clone = tmp_path / "hanabi"
    subprocess.run([GIT, "clone", "--quiet", "--no-local", ROOT, clone], check=True)
    return clone


@contextlib.contextmanager
def served(clone, environment, port, within):
    """`make serve`, as its output once the banner is there; ended by Ctrl-C."""
    log = clone.parent / f"serve-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            # What is set here bounds the reply of the printed command, which names no max_tokens.
            [MAKE, "serve", f"HANABI_PORT={port}", "HANABI_CONTEXT=256"],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + within
        while not re.search(r"^curl .*?^ *\}'$", log.read_text("utf-8"), re.DOTALL | re.MULTILINE):
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.1)
        yield log.read_text("utf-8")
        os.killpg(process.pid, signal.SIGINT)
        # make waits for the server, which ends in order, and then ends by the signal itself.
        assert process.wait(within) in {0, -signal.SIGINT}, log.read_text("utf-8")
        assert "Finished server process" in log.read_text("utf-8")
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def first_reply(output, environment):
    """Paste the printed command into a shell; the text that it answers with."""
    command = output[output.index("\ncurl ") :]
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        check=False,
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=SET_UP_WITHIN,
    )
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    assert reply["usage"]["completion_tokens"] > 0
    return reply["choices"][0]["message"]["content"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_make_serve_on_a_fresh_machine(clone, environment):
    port = free_port()
    with served(clone, environment, port, SET_UP_WITHIN) as output:
        assert "Setting up" in output
        assert f"http://127.0.0.1:{port}/inference/v1" in output
        assert f"kept in  {environment['HOME']}" in output
        key = re.search(r"API key +(\S+)", output)[1]
        assert first_reply(output, environment).strip()

    with served(clone, environment, port, SECOND_START_WITHIN) as output:
        assert "Setting up" not in output
        assert f"Bearer {key}" in output
        assert first_reply(output, environment).strip()

    # Nothing but what the commands are for was left in the checkout.
    status = subprocess.run(
        [GIT, "status", "--porcelain"], cwd=clone, check=True, capture_output=True, text=True
    )
    assert status.stdout == ""
