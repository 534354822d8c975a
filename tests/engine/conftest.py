import sys

import pytest

from hanabi.engine.config import EngineConfig

MOCK_PROCESS = (
    sys.executable,
    "-c",
    """
import socket, sys
from hanabi.engine.mock import open_mock
from hanabi.engine.process import EngineProcess
EngineProcess(socket.socket(fileno=int(sys.argv[1]))).serve(open_mock)
""",
)


@pytest.fixture
def command():
    return MOCK_PROCESS


@pytest.fixture
def config():
    return EngineConfig(threads=1, poll=0, cache_bytes=0, slots=4, token_budget=16, queue_limit=3)


@pytest.fixture
def anyio_backend():
    return "asyncio", {"use_uvloop": True}  # as the server runs
