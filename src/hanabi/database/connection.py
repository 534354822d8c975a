"""The database: a SQLite file under the home folder, or another by URL."""

import sqlite3
import time
from pathlib import Path

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    column,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
    table,
)
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.pool import ConnectionPoolEntry

from hanabi.database.migrations import NEWEST

_VERSION = table("alembic_version", column("version_num"))  # Alembic's own, of one row
_BUSY_MS = 30_000  # how long a writer waits for another one
_MIGRATION_LOCK = 0x68616E616269  # servers that start at once on one database take turns


def open_database(home: Path, url: str | None = None) -> Engine:
    """Open the database and bring its tables up to date.

    Args:
        home: holds `hanabi.db` where no URL is given; made when missing, for its owner only.
        url: an SQLAlchemy URL that overrides it.
    """
    if url is None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        address = URL.create("sqlite", database=str(home / "hanabi.db"))
    else:
        address = make_url(url)
    engine = create_engine(address, hide_parameters=True)  # errors are logged, values are not
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _migrate(engine: Engine) -> None:
    """Run the migrations that the database has not seen, all of them or none."""
    if _is_up_to_date(engine):
        return
    # Here, since it takes longer than all else that a start does with the database.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "hanabi.database:migrations")
    with engine.execution_options(sqlite_begin="BEGIN IMMEDIATE").begin() as connection:
        if engine.dialect.name == "postgresql":  # SQLite's transaction has its lock already
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _is_up_to_date(engine: Engine) -> bool:
    """Whether the database has seen every migration; one that is being made has not."""
    with engine.connect() as connection:
        made = inspect(connection).has_table(_VERSION.name)
        return made and connection.scalars(select(_VERSION)).all() == [NEWEST]


def _set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Let readers and a writer work at once."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    _use_wal(cursor)
    cursor.execute("PRAGMA synchronous = FULL")  # a commit is the word for files on disk
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _use_wal(cursor: DBAPICursor) -> None:
    """Switch to the write-ahead log; the one statement that does not wait for locks by itself.

    Servers that start at once on a new file are in one another's way only here.
    """
    deadline = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    """Begin in so many words: left to itself, the driver begins only before an INSERT.

    Who writes by what it has read asks for the write lock first.
    """
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))
