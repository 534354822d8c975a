"""Bringing a file of weights into the store: nothing is copied where the file system can help."""

import fcntl
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec

Progress = Callable[[int, int], None]
"""Called with the bytes done so far and the bytes in all."""

_BLOCK = 1 << 20  # bytes of a read
_FICLONE = 0x40049409  # ioctl(2) FICLONE of Linux: share a whole file's blocks, copy on write


def no_progress(_done: int, _total: int) -> None:
    """Tell nobody."""


class Weights(msgspec.Struct, frozen=True):
    """A file's identity: SHA-256 in hex, and size in bytes."""

    digest: str
    size: int


def bring_in(source: Path, target: Path, progress: Progress) -> Weights:
    """Make `target` a durable twin of the file `source`, and hash it in one reading.

    A reflink is tried first, since later writes to `source` do not reach it; then a hard link;
    then the bytes are copied. Raises OSError.
    """
    if _reflink(source, target) or _hard_link(source, target):
        with target.open("rb") as twin:
            weights = _hash(twin, None, progress)
            os.fsync(twin.fileno())
        return weights
    with source.open("rb") as original, target.open("xb") as copy:
        weights = _hash(original, copy, progress)
        copy.flush()
        os.fsync(copy.fileno())
    return weights


def _hash(source: BinaryIO, copy: BinaryIO | None, progress: Progress) -> Weights:
    """Read `source` to its end, into `copy` where there is one."""
    total = os.fstat(source.fileno()).st_size
    digest = hashlib.sha256()
    done = 0
    while block := source.read(_BLOCK):
        digest.update(block)
        if copy is not None:
            copy.write(block)
        done += len(block)
        progress(done, total)
    return Weights(digest.hexdigest(), done)


def _reflink(source: Path, target: Path) -> bool:
    """Share the blocks of `source`; False where the file system cannot."""
    with source.open("rb") as original, target.open("xb") as twin:
        try:
            fcntl.ioctl(twin.fileno(), _FICLONE, original.fileno())
        except OSError:
            target.unlink()
            return False
    return True


def _hard_link(source: Path, target: Path) -> bool:
    """Link `source`; False across file systems, and where the system forbids it."""
    try:
        target.hardlink_to(source)
    except OSError:
        return False
    return True
