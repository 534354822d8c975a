"""The models on disk: immutable, content-addressed, whole after a kill at any moment.

    blobs/sha256/<digest>                      weights, shared by the models made of them
    models/<account>/<model>/record.json       what the store wrote down
    models/<account>/<model>/fireworks.json    what the model's maker wrote
    incoming/                                  models that are being made

A model is made in a folder of `incoming` and published by one rename, which fails when the name
is taken. Whatever is renamed has been synced to disk before. Creators hold a shared lock on
`incoming`; who opens the store and gets the lock alone knows that what lies there was left by a
kill, and clears it away together with blobs that no model names.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from hanabi.errors import ConflictError, InvalidRequestError, ModelNotFoundError
from hanabi.registry.manifest import Manifest, check_manifest
from hanabi.registry.model import Record, StoredModel
from hanabi.registry.names import ModelName
from hanabi.registry.weights import Progress, Weights, bring_in, no_progress


class Store:
    """The store under a home folder. Any number of processes may use it at once."""

    def __init__(self, home: Path, *, now: Callable[[], float] = time.time) -> None:
        """Open the store, make its folders, and clear away what a kill left behind.

        Args:
            home: HANABI_HOME; made when missing, for its owner only.
            now: the clock of `created`.
        """
        self._blobs = home / "blobs" / "sha256"
        self._models = home / "models"
        self._incoming = home / "incoming"
        self._now = now
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self._blobs, self._models, self._incoming):
            folder.mkdir(parents=True, exist_ok=True)
        self._sweep()

    def add(
        self,
        name: ModelName,
        weights: Path,
        manifest: Manifest,
        *,
        context_length: int | None = None,
        progress: Progress = no_progress,
    ) -> StoredModel:
        """Create a model of a file of weights, which stays where it is.

        Args:
            name: its name, for good.
            weights: the GGUF file; a symbolic link is followed.
            manifest: its fireworks.json.
            context_length: tokens the model was trained for, where known.
            progress: told while the file is read.

        Raises:
            ConflictError: the name is taken.
            InvalidRequestError: there is no such file, or the manifest breaks a rule.
        """
        check_manifest(manifest)
        source = _regular_file(weights)
        if self._folder(name).exists():
            raise _taken(name)
        with self._workplace() as workplace:
            brought = bring_in(source, workplace / "weights", progress)
            self._keep_blob(workplace / "weights", brought)
            record = Record(
                name=str(name),
                created=int(self._now()),
                digest=brought.digest,
                size=brought.size,
                context_length=context_length,
            )
            draft = workplace / "model"
            draft.mkdir()
            _write(draft / "record.json", record)
            _write(draft / "fireworks.json", manifest)
            _sync_folder(draft)
            self._publish(draft, name)
        return self.get(name)

    def get(self, name: ModelName) -> StoredModel:
        """The model of that name. Raises ModelNotFoundError."""
        folder = self._folder(name)
        try:
            record = msgspec.json.decode((folder / "record.json").read_bytes(), type=Record)
            manifest = msgspec.json.decode((folder / "fireworks.json").read_bytes(), type=Manifest)
        except FileNotFoundError as error:
            raise ModelNotFoundError from error
        return StoredModel(record, manifest, self._blobs / record.digest)

    def list(self) -> tuple[StoredModel, ...]:
        """All models, sorted by name."""
        folders = [record.parent for record in self._models.glob("*/*/record.json")]
        names = sorted(ModelName(folder.parent.name, folder.name) for folder in folders)
        return tuple(self.get(name) for name in names)

    def _folder(self, name: ModelName) -> Path:
        return self._models / name.account / name.model

    @contextlib.contextmanager
    def _workplace(self) -> Iterator[Path]:
        """A folder of one's own in `incoming`, under the lock that all creators share."""
        with self._lock(fcntl.LOCK_SH):
            workplace = Path(tempfile.mkdtemp(dir=self._incoming))
            try:
                yield workplace
            finally:
                shutil.rmtree(workplace)

    @contextlib.contextmanager
    def _lock(self, kind: int) -> Iterator[None]:
        """Hold a lock on `incoming`; the system lets go of it when the process dies."""
        descriptor = os.open(self._incoming, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, kind)
            yield
        finally:
            os.close(descriptor)

    def _keep_blob(self, staged: Path, weights: Weights) -> None:
        """Move the staged weights to their digest's place, unless it is filled already."""
        blob = self._blobs / weights.digest
        if not blob.exists():
            staged.rename(blob)
            _sync_folder(self._blobs)

    def _publish(self, draft: Path, name: ModelName) -> None:
        """Give the finished folder its name, in one step."""
        folder = self._folder(name)
        folder.parent.mkdir(exist_ok=True)
        _sync_folder(self._models)
        try:
            draft.rename(folder)
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                raise _taken(name) from error
            raise
        _sync_folder(folder.parent)

    def _sweep(self) -> None:
        """Clear away what a killed creation left, unless a living one is at work."""
        with contextlib.suppress(BlockingIOError), self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB):
            for leftover in self._incoming.iterdir():
                shutil.rmtree(leftover)
            named = {model.record.digest for model in self.list()}
            for blob in self._blobs.iterdir():
                if blob.name not in named:
                    blob.unlink()


def _regular_file(path: Path) -> Path:
    """The file itself, symbolic links followed. Raises InvalidRequestError."""
    try:
        resolved = path.resolve(strict=True)
        regular = stat.S_ISREG(resolved.stat().st_mode)
    except OSError as error:
        raise InvalidRequestError(f"weights: there is no such file: {path.name}") from error
    if not regular:
        raise InvalidRequestError(f"weights: must be a regular file: {path.name}")
    return resolved


def _taken(name: ModelName) -> ConflictError:
    return ConflictError(
        f"{name} exists already, and a model cannot change: choose another name", param="model"
    )


def _write(path: Path, content: msgspec.Struct) -> None:
    """Write JSON for people to read, and sync it."""
    with path.open("xb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
