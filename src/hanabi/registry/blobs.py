"""The files of all models, by their digests; which model has which stands in the database.

    blobs/sha256/<digest>        files of models, shared by those that have the same
    blobs/split/<split id>/      links to the parts of weights in several files, named as llama.cpp
                                 looks for them
    uploads/<model id>/<path>    what has arrived of a model that is being uploaded
    incoming/                    files that are on their way to becoming blobs

A blob is synced to disk before it gets its name, and has its name before a row of the database
names it. Who is between these two steps holds a shared lock on `incoming`. Who gets that lock alone
knows that whatever no row names was left by a kill or a deletion, and clears it away.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from hanabi.registry.split import PartName


class InUse(msgspec.Struct, frozen=True):
    """What the database names.

    Attributes:
        digests: of the blobs that are files of models.
        splits: the ids of weights in several files, as `split_id` makes them.
        uploads: the ids of the models that are being uploaded.
    """

    digests: frozenset[str]
    splits: frozenset[str]
    uploads: frozenset[str]


class Blobs:
    """The folders of files under a home folder. Any number of processes may use them at once."""

    def __init__(self, home: Path) -> None:
        """Make the folders that are missing; the home for its owner only."""
        self._blobs = home / "blobs" / "sha256"
        self._splits = home / "blobs" / "split"
        self._incoming = home / "incoming"
        self._uploads = home / "uploads"
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self._blobs, self._splits, self._incoming, self._uploads):
            folder.mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Where the blob of a digest is, or would be."""
        return self._blobs / digest

    def weights(self, digests: Sequence[str]) -> Path:
        """Where the engine finds weights: a blob, or the link to the first of several parts.

        Args:
            digests: of the parts, in order.
        """
        if len(digests) == 1:
            return self.path(digests[0])
        return self._splits / split_id(digests) / str(PartName("weights", 1, len(digests)))

    def are_whole(self, digests: Sequence[str]) -> bool:
        """Whether all parts of weights are there, where the engine finds them."""
        first = self.weights(digests)
        if len(digests) == 1:
            return first.is_file()
        links = [first.with_name(name) for name in PartName("weights", 1, len(digests)).all]
        return all(
            link.is_file() and link.resolve().name == digest
            for link, digest in zip(links, digests, strict=True)
        )

    def join(self, digests: Sequence[str], workplace: Path) -> None:
        """Make the links to the parts of weights in several files; does nothing for one file.

        Args:
            digests: of the parts, in order; all of them are blobs.
            workplace: a folder that `making` gave.
        """
        if len(digests) == 1 or self.are_whole(digests):
            return
        draft, folder = workplace / "split", self.weights(digests).parent
        draft.mkdir()
        names = PartName("weights", 1, len(digests)).all
        for name, digest in zip(names, digests, strict=True):
            # Relative, so that the home folder can be moved.
            (draft / name).symlink_to(Path("..", "..", self._blobs.name, digest))
        sync_folder(draft)
        shutil.rmtree(folder, ignore_errors=True)  # links that somebody damaged
        try:
            draft.rename(folder)
        except OSError:
            if not self.are_whole(digests):  # else another process was faster
                raise
        sync_folder(self._splits)

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
            splits = list(self._splits.iterdir())
            named = in_use()
            leftovers += [folder for folder in uploads if folder.name not in named.uploads]
            leftovers += [folder for folder in splits if folder.name not in named.splits]
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


def split_id(digests: Sequence[str]) -> str:
    """What names weights in several files: the SHA-256 of the digests of the parts, in order."""
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
