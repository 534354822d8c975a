import pytest

from .api import Api
from .server import Server


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"), "--slots", "8", "--context", "2048")
    yield server
    server.stop()


@pytest.fixture
def server(shared_server):
    """The server of all tests that leave it as they found it. A failed test shows its log."""
    seen = len(shared_server.log)
    yield shared_server
    print(shared_server.log[seen:])  # noqa: T201 - pytest shows it beside a failure


@pytest.fixture
async def api(server):
    async with Api(server) as api:
        yield api


@pytest.fixture
def start_server(tmp_path_factory):
    """Start servers for tests that overload, kill or end them."""
    servers = []

    def start(*flags):
        servers.append(Server(tmp_path_factory.mktemp("server"), *flags))
        return servers[-1]

    yield start
    for server in servers:
        print(server.log)  # noqa: T201 - pytest shows it beside a failure
        server.stop()
