import os
import sqlite3
import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select
from sqlalchemy.exc import DBAPIError

from hanabi.database import connection as database_module
from hanabi.database.connection import open_database
from hanabi.database.migrations import NEWEST
from hanabi.database.tables import api_keys, metadata

ROW = {
    "id": "1",
    "account": "fireworks",
    "name": "test",
    "prefix": "hk_12345678",
    "digest": b"\0" * 32,
    "admin": False,
    "created": 1,
}


@pytest.fixture
def opened():
    engines = []

    def open_(*arguments):
        engines.append(open_database(*arguments))
        return engines[-1]

    yield open_
    for engine in engines:
        engine.dispose()


@pytest.fixture
def url(new_url):
    """An empty database; None is a file in the home folder."""
    return new_url()


def test_the_migrations_make_the_tables_of_the_code(opened, tmp_path, url):
    engine = opened(tmp_path / "home", url)
    inspector = inspect(engine)
    assert set(inspector.get_table_names()) == {*metadata.tables, "alembic_version"}
    for table in metadata.sorted_tables:
        made = {
            column["name"]: (str(column["type"]), column["nullable"])
            for column in inspector.get_columns(table.name)
        }
        wanted = {
            column.name: (column.type.compile(engine.dialect), column.nullable)
            for column in table.columns
        }
        assert made == wanted
        assert {
            index["name"]: index["column_names"]
            for index in inspector.get_indexes(table.name)
            if not index.get("duplicates_constraint")
        } == {index.name: [column.name for column in index.columns] for index in table.indexes}
        assert sorted(
            constraint["column_names"]
            for constraint in inspector.get_unique_constraints(table.name)
        ) == sorted([column.name] for column in table.columns if column.unique)
        assert inspector.get_pk_constraint(table.name)["constrained_columns"] == [
            column.name for column in table.primary_key
        ]
        assert {
            (key["constrained_columns"][0], key["referred_table"], key["options"].get("ondelete"))
            for key in inspector.get_foreign_keys(table.name)
        } == {(key.parent.name, key.column.table.name, key.ondelete) for key in table.foreign_keys}


def test_opening_again_keeps_what_is_there(opened, tmp_path, url):
    with opened(tmp_path, url).begin() as connection:
        connection.execute(insert(api_keys).values(ROW))
    with opened(tmp_path, url).connect() as connection:
        assert connection.execute(select(api_keys.c.id)).scalars().all() == ["1"]


def test_the_file_and_its_mode(opened, tmp_path):
    home = tmp_path / "100% new" / "home"
    engine = opened(home)
    assert (home / "hanabi.db").is_file()
    assert home.stat().st_mode & 0o777 == 0o700
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_url_overrides_the_file(opened, tmp_path):
    opened(tmp_path / "home", f"sqlite:///{tmp_path / 'other.db'}")
    assert (tmp_path / "other.db").is_file()
    assert not (tmp_path / "home").exists()


def test_a_migration_happens_whole_or_not_at_all(opened, tmp_path, url, monkeypatch):
    real = command.upgrade

    def upgrade_and_fail(config, revision):
        real(config, revision)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "upgrade", upgrade_and_fail)
    with pytest.raises(KeyboardInterrupt):
        open_database(tmp_path, url)
    monkeypatch.undo()
    file = f"sqlite:///{tmp_path / 'hanabi.db'}"
    raw = database_module.create_engine(url or file)
    assert inspect(raw).get_table_names() == []
    raw.dispose()
    assert inspect(opened(tmp_path, url)).has_table("api_keys")


def test_servers_that_start_at_once_migrate_once(opened, tmp_path, url):
    failures = []

    def start():
        try:
            opened(tmp_path, url)
        except DBAPIError as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with opened(tmp_path, url).connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    folder = Path(database_module.__file__).parent / "migrations" / "versions"
    assert current == max(path.name for path in folder.glob("0*.py"))[:4]


def test_a_database_that_is_up_to_date_is_not_migrated(opened, tmp_path, url, monkeypatch):
    opened(tmp_path, url)
    monkeypatch.setattr(command, "upgrade", lambda *_: pytest.fail("nothing to migrate"))
    opened(tmp_path, url)


def test_the_newest_migration_is_the_one_that_is_asked_for():
    config = Config()
    config.set_main_option("script_location", "hanabi.database:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == NEWEST


def test_the_switch_to_the_log_is_tried_again(monkeypatch):
    """SQLite does not wait where two want the whole file at once: it tells one of them at once."""
    tries = []

    class Cursor:
        def execute(self, statement):
            tries.append(statement)
            if len(tries) < 3:
                raise sqlite3.OperationalError("database is locked")

    database_module._use_wal(Cursor())
    assert tries == ["PRAGMA journal_mode = WAL"] * 3
    tries.clear()
    monkeypatch.setattr(database_module, "_BUSY_MS", -1)
    with pytest.raises(sqlite3.OperationalError):
        database_module._use_wal(Cursor())


def test_a_reader_is_not_stopped_by_a_writer(opened, tmp_path):
    engine = opened(tmp_path)
    with engine.begin() as writer:
        writer.execute(insert(api_keys).values(ROW))
        with engine.connect() as reader:
            assert reader.execute(select(api_keys.c.id)).all() == []


def test_what_a_kill_interrupts_is_rolled_back(opened, tmp_path):
    engine = opened(tmp_path)
    engine.dispose()
    child = os.fork()
    if not child:
        with engine.begin() as connection:
            connection.execute(insert(api_keys).values(ROW))
            os._exit(9)
    os.waitpid(child, 0)
    with engine.connect() as connection:
        assert connection.execute(select(api_keys.c.id)).all() == []
