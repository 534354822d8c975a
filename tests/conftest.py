"""The databases that tests of all folders run on."""

import os

import pytest

from . import postgres


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
