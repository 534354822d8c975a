"""Models whose files come in pieces, over a network that may be cut at any time.

A model is begun, its files are declared with their sizes, each is written under a token of its own,
and the whole is validated. What has arrived lies in the upload's folder, also over a restart, until
the model is READY or deleted.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from reprlib import repr as quoted  # names come from clients: a long one is cut short

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update

from hanabi.database.tables import model_files, models
from hanabi.errors import (
    ConflictError,
    FailedPreconditionError,
    InvalidRequestError,
    ModelNotFoundError,
    NotFoundError,
)
from hanabi.registry.blobs import Blobs, sync_folder
from hanabi.registry.content import WEIGHTS_SUFFIX, check_contents, check_paths, merged
from hanabi.registry.manifest import Manifest, check_manifest
from hanabi.registry.model import Details, StoredModel
from hanabi.registry.names import ModelName
from hanabi.registry.part import ExpectedFile, PartWriter, locked
from hanabi.registry.rows import (
    encode_manifest,
    find_models,
    id_of,
    in_use,
    insert_model,
    is_named,
    model_of,
    writing,
)
from hanabi.registry.split import missing_among

MAX_FILES = 64
MAX_SIZE = 1 << 42  # bytes of one file, 4 TiB


class Uploads:
    """The models of a registry that are being uploaded. Its calls block: make them in a thread."""

    def __init__(
        self, home: Path, database: Engine, *, now: Callable[[], float] = time.time
    ) -> None:
        """Take what the registry has been opened with."""
        self._blobs = Blobs(home)
        self._database = database
        self._now = now

    def begin(
        self,
        name: ModelName,
        manifest: Manifest | None = None,
        details: Details = Details(),  # noqa: B008 - frozen
    ) -> StoredModel:
        """Make an UPLOADING model.

        Args:
            name: its name, for good.
            manifest: its fireworks.json, where no file will bring it.
            details: what people read about it, and who may use it.

        Raises ConflictError where the name is taken, InvalidRequestError where the manifest breaks
        a rule.
        """
        given = manifest or Manifest()
        check_manifest(given)
        insert_model(
            self._database,
            secrets.token_hex(16),
            name,
            state="UPLOADING",
            created=int(self._now()),
            details=details,
            manifest=given,
        )
        with self._database.connect() as connection:
            return self._model(connection, name)

    def expect(self, name: ModelName, sizes: Mapping[str, int]) -> dict[str, str]:
        """Declare files of an UPLOADING model; may be called again, for the same and for more.

        Args:
            name: the model.
            sizes: bytes of each file by its name, 1 to `MAX_SIZE`; at most `MAX_FILES` in all.

        Returns the token of each of these files: who knows it may write the file.

        Raises:
            ConflictError: the model is READY, or a file was declared with another size.
            FailedPreconditionError: the disk has no room for them.
            InvalidRequestError: a name or a size breaks a rule.
            ModelNotFoundError: there is no such model.
        """
        _check_sizes(sizes)
        with writing(self._database) as connection:
            model_id = self._uploading(connection, name)
            of_model = model_files.c.model_id == model_id
            known = {file.path: file for file in self._files(connection, of_model)}
            count = len({**known, **sizes})
            if count > MAX_FILES:
                raise InvalidRequestError(
                    f"a model must have at most {MAX_FILES} files: {count}", param="files"
                )
            check_paths({**known, **sizes})
            for path, size in sizes.items():
                if path not in known:
                    token = secrets.token_urlsafe(32)
                    row = {"model_id": model_id, "path": path, "size": size, "token": token}
                    connection.execute(insert(model_files).values(row))
                elif known[path].size != size:
                    raise ConflictError(
                        f"{path} was declared with {known[path].size} bytes before, now {size}: "
                        "delete the model to begin again",
                        param="files",
                    )
            files = self._files(connection, of_model)
            self._check_room(files)
        return {file.path: file.token for file in files if file.path in sizes}

    def offset(self, token: str) -> tuple[int, int]:
        """Bytes of a file that have arrived, and bytes that it will have.

        Raises NotFoundError where the token is none, or no longer one.
        """
        file = self._expected(token)
        return file.received, file.size

    @contextmanager
    def writer(self, token: str, offset: int = 0) -> Iterator[PartWriter]:
        """Write a file from a position on; call `finish` on what this gives when no bytes are left.

        What has arrived when the block is left stays, whatever it is left by.

        Args:
            token: of the file.
            offset: where to go on, at most as much as has arrived; what is beyond is forgotten.

        Raises:
            ConflictError: somebody is writing this file now, or the offset leaves a gap.
            NotFoundError: the token is none, or no longer one.
        """
        file = self._expected(token)
        file.part.parent.mkdir(exist_ok=True)
        with locked(file, os.O_RDWR | os.O_CREAT) as part:
            sync_folder(file.part.parent)
            file = self._expected(token)  # what it was before the lock may have changed
            if file.digest is not None and offset:
                raise ConflictError(f"{file.path} is complete: validate the model, or write all")
            if not 0 <= offset <= file.received:
                raise ConflictError(
                    f"{file.path} has {file.received} bytes so far, go on from there: {offset}",
                    param="offset",
                )
            if file.digest is not None:
                self._note_digest(file, None)
            part.truncate(offset)
            yield PartWriter(file, part, lambda digest: self._note_digest(file, digest))

    def validate(self, name: ModelName) -> StoredModel:
        """Make an UPLOADING model READY. A READY one is given back as it is.

        Raises:
            ConflictError: a file is being written now.
            FailedPreconditionError: files, or bytes of files, are missing.
            InvalidRequestError: a file breaks a rule.
            ModelNotFoundError: there is no such model.
        """
        with self._database.connect() as connection:
            model = self._model(connection, name)
            if model.state == "READY":
                return model
        self._complete(name)
        with self._blobs.making() as workplace, ExitStack() as stack:
            with self._database.connect() as connection:
                model_id = self._uploading(connection, name)
                files = self._files(connection, model_files.c.model_id == model_id)
            for file in files:
                if file.part.exists():
                    stack.enter_context(locked(file, os.O_RDWR))
            self._refuse_missing(files)
            # A validation that was killed may have moved parts to their places already.
            places = {
                file.path: file.part if file.part.exists() else self._blobs.path(str(file.digest))
                for file in files
            }
            header, found = check_contents(places)
            manifest = merged(model.manifest, found)
            for file in files:
                if file.part.exists():
                    self._blobs.keep(file.part, str(file.digest))
            weights = [file for file in files if file.path.endswith(WEIGHTS_SUFFIX)]
            self._blobs.join([str(file.digest) for file in weights], workplace)
            self._publish(model_id, files, manifest, header.context_length)
        self._blobs.sweep(lambda: in_use(self._database))
        with self._database.connect() as connection:
            return self._model(connection, name)

    def _complete(self, name: ModelName) -> None:
        """Finish what a kill left with all its bytes, and without its digest."""
        with self._database.connect() as connection:
            model_id = self._uploading(connection, name)
            files = self._files(connection, model_files.c.model_id == model_id)
        for file in files:
            if file.digest is None and file.received == file.size:
                with self.writer(file.token, file.size) as writer:
                    writer.finish()

    def _model(self, connection: Connection, name: ModelName) -> StoredModel:
        """The model of that name, in any state. Raises ModelNotFoundError."""
        for rows in find_models(connection, is_named(name)):
            return model_of(rows, self._blobs)
        raise ModelNotFoundError

    def _uploading(self, connection: Connection, name: ModelName) -> str:
        """The id of the UPLOADING model. Raises ConflictError where it is READY."""
        if self._model(connection, name).state != "UPLOADING":
            raise ConflictError(f"{name} is READY, and a model cannot change", param="model")
        return id_of(connection, name)

    def _expected(self, token: str) -> ExpectedFile:
        """The file that a token names. Raises NotFoundError."""
        with self._database.connect() as connection:
            for file in self._files(connection, model_files.c.token == token):
                return file
        raise NotFoundError("there is no such upload, or it has ended", param="token")

    def _files(
        self, connection: Connection, condition: ColumnElement[bool]
    ) -> tuple[ExpectedFile, ...]:
        """The files of uploads that meet a condition, sorted by path."""
        rows = connection.execute(select(model_files).where(condition)).all()
        return tuple(
            ExpectedFile(
                model_id=row.model_id,
                path=row.path,
                size=row.size,
                digest=row.digest,
                token=row.token,
                part=self._blobs.part(row.model_id, row.path),
            )
            for row in sorted(rows, key=lambda row: str(row.path))
        )

    def _note_digest(self, file: ExpectedFile, digest: str | None) -> None:
        """Write down that a file is complete, or no longer. Raises NotFoundError."""
        query = update(model_files).where(model_files.c.token == file.token).values(digest=digest)
        with self._database.begin() as connection:
            if not connection.execute(query).rowcount:
                raise NotFoundError(f"the upload of {file.path} has ended", param="token")

    def _check_room(self, files: Sequence[ExpectedFile]) -> None:
        """Raise FailedPreconditionError where the disk has no room for what is still to come."""
        missing = sum(file.size - file.received for file in files)
        free = self._blobs.free_bytes()
        if missing > free:
            raise FailedPreconditionError(
                f"the files need {missing} more bytes, and the server's disk has {free} free"
            )

    def _refuse_missing(self, files: Sequence[ExpectedFile]) -> None:
        """Raise FailedPreconditionError that tells what has not arrived yet."""
        missing = [
            f"{file.path} has {file.received} of {file.size} bytes"
            for file in files
            if file.digest is None
            or not (file.part.exists() or self._blobs.path(file.digest).exists())
        ]
        names = [file.path for file in files if file.path.endswith(WEIGHTS_SUFFIX)]
        if not names:
            missing.append(f"a {WEIGHTS_SUFFIX} file has to be declared and uploaded")
        if parts := missing_among(names):
            missing.append(parts)
        if missing:
            raise FailedPreconditionError(f"the upload is not complete: {'; '.join(missing)}")

    def _publish(
        self,
        model_id: str,
        files: Sequence[ExpectedFile],
        manifest: Manifest,
        context_length: int,
    ) -> None:
        """Make the model READY, unless it is not the one any more that was checked."""
        with writing(self._database) as connection:
            if self._files(connection, model_files.c.model_id == model_id) != tuple(files):
                raise ConflictError("the upload was changed or deleted while it was validated")
            connection.execute(
                update(models)
                .where(models.c.id == model_id)
                .values(
                    state="READY",
                    manifest=encode_manifest(manifest),
                    context_length=context_length,
                )
            )
            connection.execute(
                update(model_files).where(model_files.c.model_id == model_id).values(token=None)
            )


def _check_sizes(sizes: Mapping[str, int]) -> None:
    """Raise InvalidRequestError where a file cannot have the size."""
    for path, size in sizes.items():
        if not 0 < size <= MAX_SIZE:
            raise InvalidRequestError(
                f"the size of {quoted(path)} must be 1 to {MAX_SIZE} bytes: {size}", param="files"
            )
