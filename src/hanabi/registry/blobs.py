"""The files of all models, by their digests; which model has which stands in the database.

    blobs/sha256/<digest>        files of models, shared by those that have the same
    uploads/<model id>/<path>    what has arrived of a model that is being uploaded
    incoming/                    files that are on their way to becoming blobs

A blob is synced to disk before it gets its name, and has its name before a row of the database
names it. Who is between these two steps holds a shared lock on `incoming`. Who gets that lock alone
knows that whatever no row names was left by a kill or a deletion, and clears it away.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec


class InUse(msgspec.Struct, frozen=True):
    """What the database names.

    Attributes:
        digests: of the blobs that are files of models.
        uploads: the ids of the models that are being uploaded.
    """

    digests: frozenset[str]
    uploads: frozenset[str]


class Blobs:
    """The folders of files under a home folder. Any number of processes may use them at once."""

    def __init__(self, home: Path) -> None:
        """Make the folders that are missing; the home for its owner only."""
        self._blobs = home / "blobs" / "sha256"
        self._incoming = home / "incoming"
        self._uploads = home / "uploads"
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self._blobs, self._incoming, self._uploads):
            folder.mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Where the blob of a digest is, or would be."""
        return self._blobs / digest

    def part(self, model_id: str, path: str) -> Path:
        """Where what has arrived of a file of an upload is; `path` has been checked."""
        return self._uploads / model_id / path

    def free_bytes(self) -> int:
        """Bytes that uploads may still take on this file system."""
        return shutil.disk_usage(self._uploads).free

    @contextlib.contextmanager
    def making(self) -> Iterator[Path]:
        """Hold what keeps new blobs from being cleared away, and give a folder to make them in."""
        with self._lock(fcntl.LOCK_SH):
            workplace = Path(tempfile.mkdtemp(dir=self._incoming))
            try:
                yield workplace
            finally:
                shutil.rmtree(workplace)

    def keep(self, synced: Path, digest: str) -> None:
        """Move a file that is on disk to its digest's place, unless it is there already."""
        blob = self.path(digest)
        if not blob.exists():
            synced.rename(blob)
            sync_folder(self._blobs)

    def sweep(self, in_use: Callable[[], InUse]) -> None:
        """Clear away what nothing names, unless somebody is making a model.

        Args:
            in_use: asks the database; called after the folders are listed, so that an upload that
                begins meanwhile is not taken for a leftover.
        """
        with contextlib.suppress(BlockingIOError), self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB):
            leftovers = list(self._incoming.iterdir())
            uploads = list(self._uploads.iterdir())
            blobs = list(self._blobs.iterdir())
            named = in_use()
            leftovers += [folder for folder in uploads if folder.name not in named.uploads]
            for folder in leftovers:
                # Someone may be writing to a part of a deleted upload; the next sweep gets it.
                shutil.rmtree(folder, ignore_errors=True)
            for blob in blobs:
                if blob.name not in named.digests:
                    blob.unlink()

    @contextlib.contextmanager
    def _lock(self, kind: int) -> Iterator[None]:
        """Hold a lock on `incoming`; the system lets go of it when the process dies."""
        descriptor = os.open(self._incoming, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, kind)
            yield
        finally:
            os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
