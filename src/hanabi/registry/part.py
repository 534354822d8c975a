"""A file of an upload while it arrives, in as many pieces as it takes."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from hanabi.errors import ConflictError, InvalidRequestError

_BLOCK = 1 << 20  # bytes of a read


class ExpectedFile(msgspec.Struct, frozen=True):
    """A file of an upload, as its token finds it.

    Attributes:
        model_id: of the model that is being uploaded.
        path: the file's name.
        size: bytes that it will have.
        digest: SHA-256 in hex; None until all of it is here.
        token: what its writer knows it by.
        part: where what has arrived of it is.
    """

    model_id: str
    path: str
    size: int
    digest: str | None
    token: str
    part: Path

    @property
    def received(self) -> int:
        """Bytes that have arrived."""
        if self.digest is not None:
            return self.size
        try:
            return self.part.stat().st_size
        except FileNotFoundError:
            return 0


class PartWriter:
    """Takes the bytes of a file, in order."""

    def __init__(self, file: ExpectedFile, part: BinaryIO, note: Callable[[str], None]) -> None:
        """Read what is there already, and stand behind it.

        Args:
            file: what is written.
            part: what has arrived of it, locked.
            note: told the digest of the whole file once it is on disk.
        """
        self._file = file
        self._part = part
        self._note = note
        self._digest = hashlib.sha256()
        self._received = 0
        part.seek(0)
        while block := part.read(_BLOCK):
            self._take(block)

    @property
    def received(self) -> int:
        """Bytes that have arrived."""
        return self._received

    def write(self, block: bytes) -> None:
        """Append bytes. Raises InvalidRequestError, and writes none, where they are too many."""
        if self._received + len(block) > self._file.size:
            raise InvalidRequestError(
                f"{self._file.path} was declared with {self._file.size} bytes, "
                f"and more have come: {self._received + len(block)}",
                param="files",
            )
        self._part.write(block)
        self._take(block)

    def finish(self, digest: str | None = None) -> int:
        """End this writing; a file that has all its bytes is complete from then on.

        Args:
            digest: SHA-256 in hex of the whole file, where the client knows it.

        Returns the bytes that have arrived.

        Raises InvalidRequestError where the whole file has another digest; it has to be written
        again, from its start.
        """
        self._part.flush()
        if self._received < self._file.size:
            return self._received
        found = self._digest.hexdigest()
        if digest is not None and digest.lower() != found:
            self._part.truncate(0)
            raise InvalidRequestError(
                f"{self._file.path} has the SHA-256 {found}, not {digest[:64]}: write it again",
                param="files",
            )
        os.fsync(self._part.fileno())
        self._note(found)
        return self._received

    def _take(self, block: bytes) -> None:
        self._digest.update(block)
        self._received += len(block)


@contextmanager
def locked(file: ExpectedFile, flags: int) -> Iterator[BinaryIO]:
    """Open the part of a file for oneself. Raises ConflictError where another one has it."""
    busy = ConflictError(f"{file.path} is in use by another request: try again")
    try:
        descriptor = os.open(file.part, flags, 0o600)
    except FileNotFoundError as error:  # moved to the blobs, or deleted
        raise busy from error
    with os.fdopen(descriptor, "r+b") as part:
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Moved between these two steps: nobody writes to a blob.
            same = os.path.samestat(os.fstat(descriptor), file.part.stat())
        except (BlockingIOError, FileNotFoundError):
            same = False
        if not same:
            raise busy
        yield part
