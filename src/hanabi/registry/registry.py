"""The models: a record in the database for each, their files on disk."""

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from sqlalchemy import Engine, delete, insert, or_, select

from hanabi.database.tables import model_aliases, models
from hanabi.errors import (
    ConflictError,
    InvalidRequestError,
    ModelNotFoundError,
    NotFoundError,
    UnavailableError,
)
from hanabi.registry.blobs import Blobs
from hanabi.registry.content import check_contents, merged
from hanabi.registry.manifest import Manifest, check_manifest
from hanabi.registry.model import Details, StoredFile, StoredModel
from hanabi.registry.names import ModelName
from hanabi.registry.ownership import claim
from hanabi.registry.rows import (
    damaged,
    digests_of_weights,
    find_models,
    id_of,
    in_use,
    insert_model,
    is_alias,
    is_known_as,
    is_named,
    model_of,
    refuse_taken,
    writing,
)
from hanabi.registry.source import open_source
from hanabi.registry.verification import Fault, faults_of
from hanabi.registry.weights import Progress, bring_in, no_progress

logger = logging.getLogger(__name__)


class Alias(msgspec.Struct, frozen=True, order=True):
    """A further name of a model."""

    name: ModelName
    target: ModelName


class Registry:
    """The models of a home folder and a database. Any number of processes may use it at once."""

    def __init__(
        self, home: Path, database: Engine, *, now: Callable[[], float] = time.time
    ) -> None:
        """Open the registry, make its folders, and clear away what a kill left behind.

        Args:
            home: HANABI_HOME; made when missing, for its owner only.
            database: an open database; it alone knows which files on disk are wanted.
            now: the clock of `created`.

        Raises ConflictError when the home belongs to another database.
        """
        self._blobs = Blobs(home)
        self._database = database
        self._now = now
        claim(home, database)
        self._sweep()

    def create(
        self,
        name: ModelName,
        source: Path,
        manifest: Manifest | None = None,
        details: Details = Details(),  # noqa: B008 - frozen
        *,
        progress: Progress = no_progress,
    ) -> StoredModel:
        """Create a model of files of this machine, which stay where they are.

        Args:
            name: its name, for good.
            source: a GGUF file, a part of one beside the other parts, or a folder with one or with
                all its parts and perhaps a fireworks.json.
            manifest: its fireworks.json, where the folder has none.
            details: what people read about it, and who may use it.
            progress: told while the files are read.

        Raises:
            ConflictError: the name is taken.
            InvalidRequestError: a file or the manifest breaks a rule.
        """
        given = manifest or Manifest()
        check_manifest(given)
        files = open_source(source)
        with self._database.connect() as connection:
            refuse_taken(connection, name)
        header, found = check_contents(files)
        try:
            with self._blobs.making() as workplace:
                stored = self._take_in(files, workplace, progress)
                self._blobs.join(digests_of_weights(stored), workplace)
                insert_model(
                    self._database,
                    secrets.token_hex(16),
                    name,
                    state="READY",
                    created=int(self._now()),
                    details=details,
                    manifest=merged(given, found),
                    context_length=header.context_length,
                    files=stored,
                )
        finally:
            self._sweep()  # also what others deleted meanwhile
        return self.get(name)

    def get(self, name: ModelName) -> StoredModel:
        """The model of that very name, in any state.

        Raises ModelNotFoundError, and UnavailableError where its record is damaged.
        """
        with self._database.connect() as connection:
            for rows in find_models(connection, is_named(name)):
                return model_of(rows, self._blobs)
        raise ModelNotFoundError

    def has(self, name: ModelName) -> bool:
        """Whether a model, however damaged, or an alias has the name."""
        with self._database.connect() as connection:
            return next(find_models(connection, is_known_as(name)), None) is not None

    def resolve(self, name: ModelName) -> StoredModel:
        """The READY model that a request means by a name: its own, or an alias.

        Raises ModelNotFoundError, and UnavailableError where its record or its weights are damaged.
        """
        with self._database.connect() as connection:
            for rows in find_models(connection, is_known_as(name), models.c.state == "READY"):
                model = model_of(rows, self._blobs)
                if not self._blobs.are_whole(digests_of_weights(model.files)):
                    raise damaged(model.name.account, model.name.model, "its weights are missing")
                return model
        raise ModelNotFoundError

    def list(self, account: str | None = None) -> tuple[StoredModel, ...]:
        """All models, in any state, sorted by name; damaged ones are left out and logged.

        Args:
            account: leaves out what this account may not see: other accounts' private models.
        """
        seen = [] if account is None else [or_(models.c.account == account, models.c.public)]
        found = []
        with self._database.connect() as connection:
            for rows in find_models(connection, *seen):
                try:
                    found.append(model_of(rows, self._blobs))
                except UnavailableError as error:
                    logger.error("%s", error)  # noqa: TRY400 - its message says it all
        return tuple(sorted(found, key=lambda model: model.name))

    def delete(self, name: ModelName) -> None:
        """Delete a model, in any state, and the files that no other model has.

        Raises:
            ModelNotFoundError: there is none.
            ConflictError: it has aliases. They may be another person's, and a name that is gone
                cannot be seen any more: so they are removed knowingly first.
        """
        with writing(self._database) as connection:
            model_id = id_of(connection, name)
            aliases = connection.execute(
                select(model_aliases).where(model_aliases.c.target_id == model_id)
            ).all()
            if aliases:
                names = sorted(str(ModelName(row.account, row.model)) for row in aliases)
                raise ConflictError(
                    f"{name} has aliases, remove them first: {', '.join(names)}", param="model"
                )
            connection.execute(delete(models).where(models.c.id == model_id))
        self._sweep()

    def verify(self, progress: Progress = no_progress) -> Iterator[Fault]:
        """Read every file of every READY model again, and yield what is not as it was created.

        Args:
            progress: told of the bytes that have been read.
        """
        found = []
        with self._database.connect() as connection:
            for rows in find_models(connection, models.c.state == "READY"):
                try:
                    found.append(model_of(rows, self._blobs))
                except UnavailableError as error:
                    row = rows[0]
                    name = f"accounts/{row.account}/models/{row.model}"
                    yield Fault(name, None, error.message)
        found.sort(key=lambda model: model.name)
        yield from faults_of(found, self._blobs, progress)

    def add_alias(self, alias: ModelName, target: ModelName) -> None:
        """Give a model a further name.

        Raises:
            ConflictError: a model or an alias has the name.
            InvalidRequestError: the target is an alias.
            ModelNotFoundError: there is no such target.
        """
        with writing(self._database) as connection:
            refuse_taken(connection, alias)
            if connection.execute(select(model_aliases).where(is_alias(target))).first():
                raise InvalidRequestError(
                    f"{target} is an alias itself: name the model that it leads to", param="target"
                )
            row = {
                "account": alias.account,
                "model": alias.model,
                "target_id": id_of(connection, target),
            }
            connection.execute(insert(model_aliases).values(row))

    def remove_alias(self, alias: ModelName) -> None:
        """Take an alias away; its model stays. Raises NotFoundError where there is none."""
        with writing(self._database) as connection:
            if not connection.execute(delete(model_aliases).where(is_alias(alias))).rowcount:
                raise NotFoundError(f"{alias} is no alias", param="alias")

    def aliases(self) -> tuple[Alias, ...]:
        """All aliases, sorted by name."""
        query = select(
            model_aliases.c.account,
            model_aliases.c.model,
            models.c.account.label("target_account"),
            models.c.model.label("target_model"),
        ).join(models, models.c.id == model_aliases.c.target_id)
        with self._database.connect() as connection:
            rows = connection.execute(query).all()
        return tuple(
            sorted(
                Alias(
                    ModelName(row.account, row.model),
                    ModelName(row.target_account, row.target_model),
                )
                for row in rows
            )
        )

    def _take_in(
        self, files: dict[str, Path], workplace: Path, progress: Progress
    ) -> tuple[StoredFile, ...]:
        """Make blobs of files."""
        total = sum(path.stat().st_size for path in files.values())
        before = 0
        stored = []
        for path, source in files.items():
            start = before

            def told(done: int, _total: int, start: int = start) -> None:
                progress(start + done, total)

            brought = bring_in(source, workplace / path, told)
            self._blobs.keep(workplace / path, brought.digest)
            stored.append(StoredFile(path, brought.size, brought.digest))
            before += brought.size
        return tuple(sorted(stored, key=lambda file: file.path))

    def _sweep(self) -> None:
        """Clear away the files that no row names."""
        self._blobs.sweep(lambda: in_use(self._database))
