"""The registry's rows: what the database knows of models, their files and their aliases."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import groupby

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    and_,
    insert,
    or_,
    select,
)
from sqlalchemy.exc import IntegrityError

from hanabi.database.tables import model_aliases, model_files, models
from hanabi.errors import ConflictError, HanabiError, ModelNotFoundError, UnavailableError
from hanabi.registry.blobs import Blobs, InUse, split_id
from hanabi.registry.content import WEIGHTS_SUFFIX
from hanabi.registry.manifest import Manifest
from hanabi.registry.model import Details, State, StoredFile, StoredModel
from hanabi.registry.names import ModelName

ModelRows = Sequence[Row[tuple[object, ...]]]
"""A model with its files: a row for each file, or one with nulls where there is none yet."""


def writing(database: Engine) -> AbstractContextManager[Connection]:
    """Begin a transaction that may decide by what it reads: on SQLite it is the only writer."""
    return database.execution_options(sqlite_begin="BEGIN IMMEDIATE").begin()


def is_named(name: ModelName) -> ColumnElement[bool]:
    """The condition that a model has this very name."""
    return and_(models.c.account == name.account, models.c.model == name.model)


def is_known_as(name: ModelName) -> ColumnElement[bool]:
    """The condition that a model has this name or an alias of it."""
    target = select(model_aliases.c.target_id).where(is_alias(name))
    return or_(is_named(name), models.c.id.in_(target))


def is_alias(name: ModelName) -> ColumnElement[bool]:
    """The condition that an alias is this one."""
    return and_(model_aliases.c.account == name.account, model_aliases.c.model == name.model)


def find_models(connection: Connection, *conditions: ColumnElement[bool]) -> Iterator[ModelRows]:
    """Yield the rows of each model that meets all conditions."""
    query = (
        select(models, model_files.c.path, model_files.c.size, model_files.c.digest)
        .outerjoin(model_files, model_files.c.model_id == models.c.id)
        .where(*conditions)
        .order_by(models.c.id)
    )
    for _, rows in groupby(connection.execute(query), lambda row: row.id):
        yield list(rows)


def model_of(rows: ModelRows, blobs: Blobs) -> StoredModel:
    """Make a model of its rows. Raises UnavailableError where they are damaged."""
    row = rows[0]
    try:
        name = ModelName(row.account, row.model)
        state = msgspec.convert(row.state, State)
        manifest = msgspec.json.decode(row.manifest, type=Manifest)
        details = Details(
            display_name=row.display_name, description=row.description, public=row.public
        )
    except (msgspec.MsgspecError, HanabiError, UnicodeDecodeError, RecursionError) as error:
        raise damaged(row.account, row.model, f"its record cannot be read: {error}") from error
    files = tuple(
        sorted(
            (StoredFile(row.path, row.size, row.digest) for row in rows if row.path is not None),
            key=lambda file: file.path,
        )
    )
    weights = digests_of_weights(files)
    if state == "READY" and not weights:
        raise damaged(row.account, row.model, "its record names no weights")
    return StoredModel(
        name=name,
        state=state,
        created=row.created,
        details=details,
        manifest=manifest,
        files=files,
        context_length=row.context_length,
        weights=blobs.weights(weights) if state == "READY" else None,
    )


def digests_of_weights(files: Iterable[StoredFile]) -> list[str]:
    """The digests of a model's weights: of one file, or of its parts in order.

    Args:
        files: the files of the model, sorted by path; empty is returned where a digest is missing.
    """
    found = [file.digest for file in files if file.path.endswith(WEIGHTS_SUFFIX)]
    digests = [digest for digest in found if digest is not None]
    return digests if len(digests) == len(found) else []


def damaged(account: str, model: str, reason: str) -> UnavailableError:
    """Return the error of a model that the registry has, and cannot give out."""
    return UnavailableError(
        f"accounts/{account}/models/{model} is damaged: {reason}; "
        "`hanabi models verify` checks every model; delete it and create it again"
    )


def id_of(connection: Connection, name: ModelName) -> str:
    """The id of the model of that very name. Raises ModelNotFoundError."""
    found = connection.execute(select(models.c.id).where(is_named(name))).scalar()
    if found is None:
        raise ModelNotFoundError
    return str(found)


def refuse_taken(connection: Connection, name: ModelName) -> None:
    """Raise ConflictError where a model or an alias has the name."""
    if connection.execute(select(models.c.id).where(is_named(name))).first():
        raise taken(name)
    if connection.execute(select(model_aliases.c.target_id).where(is_alias(name))).first():
        raise ConflictError(
            f"{name} is an alias: remove the alias, or choose another name", param="model"
        )


def taken(name: ModelName) -> ConflictError:
    """Return the error of a name that a model has."""
    return ConflictError(
        f"{name} exists already, and a model cannot change: choose another name", param="model"
    )


def insert_model(  # noqa: PLR0913 - the columns of a row, each by its name
    database: Engine,
    model_id: str,
    name: ModelName,
    *,
    state: State,
    created: int,
    details: Details,
    manifest: Manifest,
    context_length: int | None = None,
    files: Sequence[StoredFile] = (),
) -> None:
    """Insert a model and its files, all or nothing. Raises ConflictError where the name is taken.

    Args:
        database: where to.
        model_id: unique for all times.
        name: its name.
        state: its state.
        created: seconds since the epoch.
        details: what people read about it.
        manifest: its fireworks.json; that of an upload may still come.
        context_length: tokens it was trained for.
        files: what it is made of, by now or later.
    """
    with writing(database) as connection:
        refuse_taken(connection, name)
        row = {
            "account": name.account,
            "model": name.model,
            "id": model_id,
            "state": state,
            "created": created,
            "display_name": details.display_name,
            "description": details.description,
            "public": details.public,
            "manifest": encode_manifest(manifest),
            "context_length": context_length,
        }
        try:
            connection.execute(insert(models).values(row))
        except IntegrityError as error:  # another database than SQLite lets two get this far
            raise taken(name) from error
        for file in files:
            connection.execute(
                insert(model_files).values(
                    model_id=model_id, path=file.path, size=file.size, digest=file.digest
                )
            )


def encode_manifest(manifest: Manifest) -> str:
    """Write a manifest as the database keeps it."""
    return msgspec.json.encode(manifest).decode()


def in_use(database: Engine) -> InUse:
    """Everything on disk that a row names."""
    with database.connect() as connection:
        files = connection.execute(
            select(model_files).where(model_files.c.digest.is_not(None))
        ).all()
        uploads = connection.execute(
            select(models.c.id).where(models.c.state == "UPLOADING")
        ).scalars()
        digests = frozenset(str(file.digest) for file in files)
        weights: dict[str, dict[str, str]] = {}
        for file in files:
            if file.path.endswith(WEIGHTS_SUFFIX):
                weights.setdefault(file.model_id, {})[file.path] = file.digest
        splits = [
            split_id([parts[path] for path in sorted(parts)])
            for parts in weights.values()
            if len(parts) > 1
        ]
        return InUse(digests, frozenset(splits), frozenset(uploads))
