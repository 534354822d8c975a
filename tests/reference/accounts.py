"""A server of one file, and accounts on it: what one account has cached is cold for another."""

from pathlib import Path

from hanabi.accounts.keys import Keys
from hanabi.database.connection import open_database

from ..e2e.api import Api  # noqa: TID252 - tests/ is not on the path
from ..e2e.server import Server  # noqa: TID252 - tests/ is not on the path

NAMES = ("cold", "warm", "other")

PATIENCE = 600
"""Seconds for a reply: 5,000 tokens are scored by one thread."""


class Accounts:
    """The server and a key for each of NAMES.

    Attributes:
        server: the server.
    """

    def __init__(self, folder: Path, weights: Path, *flags: str) -> None:
        """Start it; `folder` is empty, `weights` is the GGUF, `flags` are those of serve."""
        self._database = open_database(folder / "home", None)
        keys = Keys(self._database)
        self._keys = {name: keys.create(name, name).text for name in NAMES}
        self.server = Server(folder, "--model", str(weights), *flags)

    def client(self, name: str) -> Api:
        """A client with the account's key."""
        api = Api(self.server)
        api.http.headers["authorization"] = f"Bearer {self._keys[name]}"
        api.http.timeout = PATIENCE
        return api

    def close(self) -> None:
        """Stop the server."""
        self.server.stop()
        self._database.dispose()
