import gc

import pytest

from .scripted import ScriptedServer


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch, tmp_path):
    """No key and no server of the person who runs the tests."""
    for name in ("FIREWORKS_API_KEY", "FIREWORKS_API_BASE", "FIREWORKS_BASE_URL", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HANABI_HOME", str(tmp_path / "nobody"))


@pytest.fixture
def server():
    """A server that plays a script; at the end of a test no connection to it is left open."""
    with ScriptedServer() as server:
        yield server
        gc.collect()
        assert server.all_closed(), "a connection leaked"
