"""A client that retries is served in the end: it understands our 429 and its Retry-After."""

import pytest

from ..e2e.server import Server  # noqa: TID252 - tests/ is not on the path
from .clients import CLIENTS, USES

pytestmark = pytest.mark.e2e


@pytest.fixture
def full_server(tmp_path):
    """A server for one request that runs and one that waits."""
    server = Server(tmp_path, "--slots", "1", "--queue-limit", "1", "--context", "128")
    yield server
    print(server.log)  # noqa: T201 - pytest shows it beside a failure
    server.stop()


@pytest.mark.parametrize(
    "client", [client for client in CLIENTS if client.name == "fireworks 1"], ids=str
)
def test_retries(installed, full_server, tmp_path):
    done = installed.run(full_server, tmp_path, str(USES / "overload_1.py"))
    assert done.returncode == 0, done.stderr
