import pytest

from hanabi.database.connection import open_database
from hanabi.errors import ConflictError
from hanabi.registry.names import ModelName
from hanabi.registry.ownership import FILE_NAME
from hanabi.registry.registry import Registry

NAME = ModelName("fireworks", "tiny")


@pytest.fixture
def other_database(tmp_path):
    engine = open_database(tmp_path / "elsewhere")
    yield engine
    engine.dispose()


def test_another_database_does_not_clear_the_files_away(
    registry, home, database, other_database, weights
):
    made = registry.create(NAME, weights)
    with pytest.raises(ConflictError, match="another database"):
        Registry(home, other_database)
    assert Registry(home, database).get(NAME) == made
    assert made.weights.exists()


def test_a_home_can_be_handed_over(registry, home, other_database, weights):
    made = registry.create(NAME, weights)
    (home / FILE_NAME).unlink()
    assert Registry(home, other_database).list() == ()
    assert not made.weights.exists()


def test_a_note_that_was_cut_short_is_written_anew(registry, home, database):
    (home / FILE_NAME).write_text("")
    Registry(home, database)
    assert len((home / FILE_NAME).read_text().strip()) == 32
