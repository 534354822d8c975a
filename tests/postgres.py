"""A real PostgreSQL for the tests: a server of their own in a temporary folder."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

USER = "hanabi"
USUAL = Path("/usr/lib/postgresql")
"""Debian's place for the programs, by version; it puts them on nobody's PATH."""

SETTINGS = {
    "listen_addresses": "",  # its socket in the folder is the only way in
    "fsync": "off",  # nothing outlives the tests
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "60",
}


class PostgreSQL:
    """A server that runs."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of its socket."""
        self._folder = folder
        self._made = 0

    def new_url(self) -> str:
        """Make an empty database; its SQLAlchemy URL."""
        self._made += 1
        name = f"test_{self._made}"
        with psycopg.connect(
            host=str(self._folder), user=USER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"postgresql+psycopg://{USER}@/{name}?host={self._folder}"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl: that on PATH, else the latest usual one, else None."""
    on_path = shutil.which("initdb")
    usual = sorted(USUAL.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    for initdb in [*([Path(on_path)] if on_path else []), *reversed(usual)]:
        if (initdb.parent / "pg_ctl").exists():
            return initdb.parent
    return None


@contextmanager
def running(programs: Path) -> Iterator[PostgreSQL]:
    """A server on a Unix socket, until the context ends."""
    # Not a folder of pytest's: those are for their owner only, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="hanabi-pg-"))
    data = folder / "data"
    owner = _owner(folder)
    options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
    try:
        _run(
            [
                *(programs / "initdb", "-D", data, "-U", USER, "-A", "trust"),
                *("-E", "UTF8", "--locale=C", "--no-sync"),
            ],
            owner,
        )
        start = ["-w", "-l", folder / "log", "-o", f"{options} -k {folder}", "start"]
        _run([programs / "pg_ctl", "-D", data, *start], owner)
        try:
            yield PostgreSQL(folder)
        finally:
            _run([programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"], owner)
    finally:
        shutil.rmtree(folder)


def _owner(folder: Path) -> dict[str, Any]:
    """Who runs it, for subprocess: ourselves, but never root, which PostgreSQL refuses to run as.

    The folder is given to whoever it is.
    """
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": folder}


def _run(command: list[str | Path], owner: dict[str, Any]) -> None:
    """Run a command to its end; what it says is told where it fails."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **owner,
    )
    assert done.returncode == 0, done.stdout
