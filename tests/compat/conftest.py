import pytest

from ..e2e.server import Server  # noqa: TID252 - tests/ is not on the path


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory):
    """A server whose context ends replies that might otherwise go on for 2,048 tokens."""
    server = Server(tmp_path_factory.mktemp("server"), "--slots", "4", "--context", "128")
    yield server
    server.stop()


@pytest.fixture
def server(shared_server):
    """The server of all these tests. A failed test shows its log."""
    seen = len(shared_server.log)
    yield shared_server
    print(shared_server.log[seen:])  # noqa: T201 - pytest shows it beside a failure


@pytest.fixture
def installed(client):
    """The client of the test, which is skipped where that was not set up."""
    if not client.installed:
        pytest.skip(f"{client.name} is not installed; `make dev` sets the clients up")
    return client
