"""What tests of all folders run on: databases, and a model that loads in milliseconds."""

import os

import pytest

from . import postgres
from .tiny_llama import write_tiny_llama


@pytest.fixture(scope="session")
def postgresql():
    """A real PostgreSQL. Where there is none its tests are left out, but not on CI."""
    programs = postgres.programs()
    if programs is None:
        missing = f"no PostgreSQL: initdb and pg_ctl are not on PATH, nor under {postgres.USUAL}"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with postgres.running(programs) as server:
        yield server


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_url(request):
    """What gives a new, empty database for `open_database`; None is a file in the home folder."""
    if request.param == "sqlite":
        return lambda: None
    return request.getfixturevalue("postgresql").new_url


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """A model of random weights, in one file."""
    return write_tiny_llama(tmp_path_factory.mktemp("weights") / "tiny.gguf")
