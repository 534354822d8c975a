import contextlib
import threading
import time

import pytest
from sqlalchemy import delete, event, select
from sqlalchemy.exc import OperationalError

from hanabi.accounts.usage import UsageRecord
from hanabi.accounts.usage_writer import BATCH, UsageWriter
from hanabi.database.connection import open_database
from hanabi.database.tables import usage

PATIENCE = 20
SOON = 0.01


@pytest.fixture(scope="module")
def database(tmp_path_factory, new_url):
    database = open_database(tmp_path_factory.mktemp("home"), new_url())
    yield database
    database.dispose()


@pytest.fixture(autouse=True)
def no_rows(database):
    with database.begin() as connection:
        connection.execute(delete(usage))


@pytest.fixture
def make_writer(database):
    with contextlib.ExitStack() as writers:

        def make(**options):
            writer = UsageWriter(database, **({"interval": SOON} | options))
            writers.callback(writer.close)
            return writer

        yield make


@pytest.fixture
def broken(database):
    """Makes every statement fail for as long as it is set."""
    broken = threading.Event()

    def fail(*_):
        if broken.is_set():
            raise OperationalError("INSERT", {}, Exception("the database is out of order"))

    event.listen(database, "before_cursor_execute", fail)
    yield broken
    event.remove(database, "before_cursor_execute", fail)


def record(number):
    return UsageRecord(
        request_id=f"r{number}",
        time=1700000000000 + number,
        account="me",
        key_id="k",
        model="accounts/me/models/m",
        route="completions",
        status=200,
        prompt_tokens=number,
        cached_tokens=1,
        completion_tokens=2**40,
        first_token_ms=None,
        duration_ms=7,
    )


def written(database):
    with database.connect() as connection:
        rows = connection.execute(select(usage).order_by(usage.c.time))
        return [UsageRecord(**row._mapping) for row in rows]


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_records_come_back_as_they_were_added(database, make_writer):
    writer = make_writer()
    records = [record(number) for number in range(5)]
    for each in records:
        writer.add(each)
    wait_for(lambda: len(written(database)) == 5)
    assert written(database) == records


def test_close_writes_what_waits(database):
    writer = UsageWriter(database, interval=3600)
    records = [record(number) for number in range(3 * BATCH // 2)]
    for each in records:
        writer.add(each)
    writer.close()
    assert written(database) == records


def test_a_full_batch_does_not_wait(database, make_writer):
    writer = make_writer(interval=PATIENCE * 10)
    for number in range(BATCH):
        writer.add(record(number))
    wait_for(lambda: len(written(database)) == BATCH)


def test_a_batch_whose_commit_was_not_heard_of_counts_once(database, make_writer):
    writer = make_writer()
    failures = [OperationalError("COMMIT", {}, Exception("the connection is lost"))]
    real = writer._write

    def write(batch):
        real(batch)
        if failures:
            raise failures.pop()

    writer._write = write
    for number in range(4):
        writer.add(record(number))
    wait_for(lambda: not failures and not writer._waiting)
    assert written(database) == [record(number) for number in range(4)]


def test_what_waits_for_a_broken_database_is_written_later(database, make_writer, broken, caplog):
    writer = make_writer()
    broken.set()
    for number in range(3):
        writer.add(record(number))
    wait_for(lambda: "of at least 3 requests waits" in caplog.text)
    broken.clear()
    wait_for(lambda: not writer._waiting)
    assert written(database) == [record(number) for number in range(3)]
    assert "lost" not in caplog.text


def test_beyond_the_capacity_new_records_are_lost_and_counted(
    database, make_writer, broken, caplog
):
    writer = make_writer(capacity=3)
    broken.set()
    for number in range(5):
        writer.add(record(number))
    assert len(writer._waiting) == 3
    broken.clear()
    wait_for(lambda: "usage of 2 requests is lost" in caplog.text)
    assert written(database) == [record(number) for number in range(3)]


def test_close_ends_where_the_database_stays_broken(database, broken, caplog):
    writer = UsageWriter(database, interval=SOON)
    broken.set()
    writer.add(record(1))
    writer.close()
    assert not writer._thread.is_alive()
    assert "usage of 1 requests is lost" in caplog.text


def test_adding_does_not_wait_for_the_database(database, make_writer):
    writer = make_writer()
    with database.begin() as connection:
        if database.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE usage IN ACCESS EXCLUSIVE MODE")
        else:
            connection.execute(delete(usage))  # takes the one write lock
        writer.add(record(1))
        time.sleep(5 * SOON)  # the thread has begun to write, and waits for the lock
        writer.add(record(2))
        assert len(writer._waiting) == 2
    wait_for(lambda: not writer._waiting)
    assert written(database) == [record(1), record(2)]
