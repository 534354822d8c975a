"""Writes usage to the database: in batches, by a thread of its own, so that no request waits."""

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence

import msgspec
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from hanabi.accounts.usage import UsageRecord
from hanabi.database.tables import usage

logger = logging.getLogger(__name__)

INTERVAL = 0.25
"""Seconds between two batches, and so about the most usage that SIGKILL can cost."""

BATCH = 1000
"""The most rows of a transaction; as soon as there are so many, they are written."""

CAPACITY = 100_000
"""The most records that wait, some 40 MB: what comes beyond it while the database is out of order
is not counted, and the log tells how much that was."""

LONGEST_PAUSE = 5.0
"""Seconds between two tries while the database is out of order; the first pause is INTERVAL."""

LAST_TRIES = 4
"""How often `close` tries to write what waits, INTERVAL apart."""

CLOSE_WITHIN = 20.0
"""Seconds that `close` takes at most, also where the database does not answer at all."""


class UsageWriter:
    """Takes records from the event loop; a thread of its own writes them.

    A record stays here until its transaction has been committed. A batch is tried again until it
    is, and a row whose request id the table has is left out: so nothing is counted twice, also
    where a commit succeeded and only its answer was lost.
    """

    def __init__(
        self, engine: Engine, *, interval: float = INTERVAL, capacity: int = CAPACITY
    ) -> None:
        """Start the thread.

        Args:
            engine: an open database.
            interval: seconds between two batches.
            capacity: the most records that may wait.
        """
        self._engine = engine
        self._interval = interval
        self._capacity = capacity
        self._waiting: deque[UsageRecord] = deque()
        self._lost = 0
        self._lock = threading.Lock()  # for the two above
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="usage", daemon=True)
        self._thread.start()

    def add(self, record: UsageRecord) -> None:
        """Take a record; returns at once, and never fails."""
        with self._lock:
            if len(self._waiting) >= self._capacity:
                self._lost += 1
                return
            self._waiting.append(record)
            if len(self._waiting) >= BATCH:
                self._wake.set()

    def close(self) -> None:
        """Write all that waits and end the thread. Nothing may be added after that."""
        self._closing.set()
        self._wake.set()
        self._thread.join(CLOSE_WITHIN)
        with self._lock:
            self._lost += len(self._waiting)
            self._waiting.clear()
        self._tell_lost()

    def _run(self) -> None:
        """Write batch after batch, with longer and longer pauses where that fails."""
        pause = self._interval
        while not self._closing.is_set():
            self._wake.wait(self._interval)
            self._wake.clear()
            if self._write_all():
                pause = self._interval
            else:
                self._closing.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        for _ in range(LAST_TRIES):
            if self._write_all():
                return
            time.sleep(self._interval)

    def _write_all(self) -> bool:
        """Write what waits; whether that succeeded."""
        while batch := self._batch():
            try:
                self._write(batch)
            except SQLAlchemyError as error:
                reason = error.orig if isinstance(error, DBAPIError) else error
                logger.warning("usage of at least %d requests waits: %s", len(batch), reason)
                return False
            with self._lock:
                for _ in batch:
                    self._waiting.popleft()
            self._tell_lost()
        return True

    def _batch(self) -> list[UsageRecord]:
        """The records that have waited longest; they stay until they are written."""
        with self._lock:
            return list(itertools.islice(self._waiting, BATCH))

    def _write(self, batch: Sequence[UsageRecord]) -> None:
        """Write a batch, all of it or nothing."""
        rows = [msgspec.structs.asdict(record) for record in batch]
        dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        with self._engine.begin() as connection:
            connection.execute(dialect.insert(usage).on_conflict_do_nothing(), rows)

    def _tell_lost(self) -> None:
        """Log how many records were given up since the last time."""
        with self._lock:
            lost, self._lost = self._lost, 0
        if lost:
            logger.error("usage of %d requests is lost: the database was out of order", lost)
