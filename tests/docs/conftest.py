import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Live:
    """A server that runs.

    Attributes:
        url: its address, as the pages write http://127.0.0.1:8000.
        key: its API key.
        home: its HANABI_HOME.
    """

    url: str
    key: str
    home: Path


@pytest.fixture(scope="session")
def live(tmp_path_factory):
    """`hanabi serve` with the bundled model, small enough to start beside anything."""
    home = tmp_path_factory.mktemp("home")
    command = [Path(sys.executable).with_name("hanabi"), "serve", "--port", "0"]
    command += ["--threads", "1", "--kv-memory", "100M", "--context", "256", "--slots", "4"]
    environment = os.environ | {"HANABI_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            banner = ""
            while "--data" not in banner:
                line = server.stdout.readline()
                assert line, f"the server ended with {server.wait()}: {banner}"
                banner += line
            url = re.search(r"Address +(http://\S+)/inference/v1$", banner, re.MULTILINE)[1]
            key = re.search(r"API key +(\S+)$", banner, re.MULTILINE)[1]
            yield Live(url, key, home)
        finally:
            server.terminate()
            server.stdout.close()
            server.wait(60)
