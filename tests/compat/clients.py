"""The clients that people use, each in the environment that the set-up made for it."""

import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..e2e.api import CHAT_MODEL, MODEL  # noqa: TID252 - tests/ is not on the path
from ..e2e.server import PATIENCE, Server  # noqa: TID252 - likewise

USES = Path(__file__).with_name("uses")
"""Programs that run in the environments of clients."""

_OWN = Path(sys.executable)


@dataclass(frozen=True)
class Client:
    """A release of a client.

    Attributes:
        name: a package and a release.
        package: what is imported.
        python: that of its environment.
        dialect: whose blocks of the guide it runs.
        address: the variable from which it takes the server's address, and the path behind it.
        uses: the program of what people do with it, in uses/.
        ignored: warnings that come from its own code, as `python -W` takes them.
    """

    name: str
    package: str
    python: Path
    dialect: str
    address: tuple[str, str] = ("", "")
    uses: str = ""
    ignored: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the name, for the ids of tests."""
        return self.name

    @property
    def installed(self) -> bool:
        """Whether its environment is there, and it in that."""
        if self.python == _OWN:
            return importlib.util.find_spec(self.package) is not None
        return self.python.exists()

    def run(self, server: Server, folder: Path, *arguments: str) -> subprocess.CompletedProcess:
        """Run its Python in an empty folder, with the server's address and key at hand."""
        variable, path = self.address
        warnings = [word for rule in ("error", *self.ignored) for word in ("-W", rule)]
        return subprocess.run(
            [self.python, *warnings, *arguments],
            check=False,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "PYTHONUTF8": "1",
                "SSL_CERT_DIR": str(folder),  # spares it the reading of certificates
                "SERVER": server.url,
                "MODEL": MODEL,
                "CHAT_MODEL": CHAT_MODEL,
                "FIREWORKS_API_KEY": server.key,
            }
            | ({variable: server.url + path} if variable else {}),
        )


def _environment(name: str) -> Path:
    return Path(sys.prefix) / name / "bin" / "python"


def _early(release: str) -> Client:
    return Client(
        f"fireworks {release}",
        "fireworks.client",
        _environment(f"fireworks-{release}"),
        "fireworks",
        ("FIREWORKS_API_BASE", "/inference/v1"),
        "fireworks_0.py",
        # It is written for pydantic 1, and closes no connection.
        ("ignore:Pydantic V1 style", "ignore::ResourceWarning"),
    )


CLIENTS = [
    Client("openai", "openai", _OWN, "openai"),
    Client("openai 0.28", "openai", _environment("openai-0.28"), "openai 0.28"),
    _early("0.11"),
    _early("0.14"),
    _early("0.19"),
    Client(
        "fireworks 1",
        "fireworks",
        _environment("fireworks-1"),
        "fireworks",
        ("FIREWORKS_BASE_URL", "/inference"),
        "fireworks_1.py",
        # The guide's import path is on its way out.
        ("ignore:Importing from 'fireworks.client'",),
    ),
    # Our own, from client/.
    Client(
        "hanabi",
        "fireworks",
        _OWN,
        "fireworks",
        ("FIREWORKS_API_BASE", "/inference/v1"),
        "fireworks_0.py",
    ),
]
"""Every client that the tests know."""
