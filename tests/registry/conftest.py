import pytest

from hanabi.database.connection import open_database
from hanabi.registry.registry import Registry
from hanabi.registry.upload import Uploads

from ..tiny_llama import write_tiny_llama  # noqa: TID252 - test folders are no packages


@pytest.fixture(scope="session")
def other_weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    return write_tiny_llama(folder / "other.gguf", seed=1, context_length=256)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "deep" / "home"


@pytest.fixture
def database(home):
    engine = open_database(home)
    yield engine
    engine.dispose()


@pytest.fixture
def registry(home, database):
    return Registry(home, database, now=lambda: 1700000000.9)


@pytest.fixture
def uploads(home, database, registry):
    return Uploads(home, database, now=lambda: 1700000000.9)
