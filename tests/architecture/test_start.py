"""What a start imports: a module that serving does not need makes everybody wait for it.

Seconds are measured by benchmarks/start.py; here they are not, since they are the machine's.
"""

import subprocess
import sys

import pytest

from hanabi.database.connection import open_database

SERVER = """
import sys
from pathlib import Path
import hanabi.cli.main, hanabi.app
from hanabi.database.connection import open_database
open_database(Path(sys.argv[1])).dispose()
print(*sys.modules)
"""
ENGINE = """
import sys
import hanabi.engine.process, hanabi.engine.llama
print(*sys.modules)
"""

NOT_FOR_THE_SERVER = {
    "alembic",  # the database has seen every migration
    "fireworks",
    "hanabi_llama",
    "httpx",
    "jinja2",
    "mako",
    "numpy",
    "openai",
    "psycopg",
}
NOT_FOR_THE_ENGINE = {
    "alembic",
    "asyncio",
    "click",
    "jinja2",
    "prometheus_client",
    "rich",
    "sqlalchemy",
    "starlette",
    "structlog",
    "uvicorn",
    "uvloop",
}


def imported(program: str, *arguments: str) -> set[str]:
    """Return the top-level packages that a Python has imported at the end of a program."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.fixture
def home(tmp_path):
    """A home folder that a server has used before."""
    open_database(tmp_path).dispose()
    return tmp_path


def test_the_server_imports_what_it_serves_with(home):
    found = imported(SERVER, str(home))
    assert "sqlalchemy" in found
    assert found & NOT_FOR_THE_SERVER == set()


def test_the_engine_imports_what_it_computes_with():
    found = imported(ENGINE)
    assert {"hanabi_llama", "numpy"} <= found
    assert found & NOT_FOR_THE_ENGINE == set()


def test_a_first_start_migrates(tmp_path):
    assert "alembic" in imported(SERVER, str(tmp_path))
