"""An engine as the pool knows it."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from hanabi.engine.engine import Engine

Identity = tuple[int, int, int, int]
"""What tells a file from another one of its name: device, inode, size, time of its last change."""


def identity_of(path: Path) -> Identity | None:
    """A file's identity; None where it cannot be looked at."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


@dataclass(eq=False)
class Resident:
    """An engine on its way through the pool: waiting for room, loading, loaded, leaving.

    Attributes:
        path: its weights.
        loading: the task that makes room, loads it and returns it.
        engine: None while it waits for room.
        memory: bytes that are set aside for it; 0 while it waits for room.
        leases: how many use it, or wait to.
        unleased: set while that is nobody.
        last_used: when a lease was taken or given back last, in seconds of the loop's clock.
        departure: the task that lets its requests finish and ends it, once it has to go.
    """

    path: Path
    loading: asyncio.Task[Engine] = field(init=False)
    engine: Engine | None = None
    memory: int = 0
    leases: int = 0
    unleased: asyncio.Event = field(default_factory=asyncio.Event)
    last_used: float = 0.0
    departure: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        """Begin without a lease."""
        self.unleased.set()

    @property
    def is_idle(self) -> bool:
        """Whether nobody uses it, waits for it, or has a request in it."""
        return not self.leases and (self.engine is None or not self.engine.open_requests)

    def take(self, now: float) -> None:
        """Count one more who uses it."""
        self.leases += 1
        self.last_used = now
        self.unleased.clear()

    def give_back(self, now: float) -> None:
        """Count one fewer."""
        self.leases -= 1
        self.last_used = now
        if not self.leases:
            self.unleased.set()
