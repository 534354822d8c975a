"""What is known of an API key, and the rules for a new one."""

from typing import Any, Literal

import msgspec
from sqlalchemy import RowMapping

from hanabi.accounts.account import Limits
from hanabi.errors import InvalidRequestError
from hanabi.protocol.api_keys import LIMIT_MAX, MODELS_MAX, NAME_MAX

EXPIRES_MAX = 253_402_300_799
"""The last second of the year 9999, which is the last that dates can show."""

State = Literal["good", "expired", "revoked"]

_Names = tuple[str, ...]


class KeyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its text, which nobody has but its owner.

    Attributes:
        id: its public id.
        account: the account that it stands for.
        name: what a list calls it.
        prefix: its first characters, which lists show.
        admin: whether it may manage accounts and keys.
        created: when it was made; all times are in seconds since the epoch.
        expires: from when on it is no longer good, or None.
        revoked: when it was revoked, or None.
        models: full names of the only models that it may use; None: all that its account may.
        limits: what it may use.
    """

    id: str
    account: str
    name: str
    prefix: str
    admin: bool
    created: int
    expires: int | None
    revoked: int | None
    models: frozenset[str] | None
    limits: Limits

    def state(self, now: float) -> State:
        """Whether it is good at a time."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "good"


def check_new_key(record: KeyRecord) -> None:
    """Check the rules for a new key. Raises InvalidRequestError that states limit and value."""
    name, expires, models = record.name, record.expires, record.models
    if not (1 <= len(name) <= NAME_MAX and name.isprintable()):
        raise InvalidRequestError(
            f"name must have 1 to {NAME_MAX} printable characters: {name[: NAME_MAX + 1]!r}",
            param="name",
        )
    if expires is not None and not record.created < expires <= EXPIRES_MAX:
        raise InvalidRequestError(
            f"expires must be in the future, and before the year 10000: {expires} seconds since"
            f" 1970; it is {record.created} now",
            param="expires",
        )
    if models is not None and not 1 <= len(models) <= MODELS_MAX:
        raise InvalidRequestError(
            f"models must name 1 to {MODELS_MAX} models, or be left out for all: {len(models)}",
            param="models",
        )
    if models is not None and record.admin:
        raise InvalidRequestError(
            "models must be left out for an admin key, which could make itself another one",
            param="models",
        )
    for limit in Limits.__struct_fields__:
        value = getattr(record.limits, limit)
        if value is not None and not 1 <= value <= LIMIT_MAX:
            raise InvalidRequestError(
                f"{limit} must be between 1 and {LIMIT_MAX}, or left out for no limit: {value}",
                param=limit,
            )


def columns_of(record: KeyRecord) -> dict[str, Any]:
    """The record as a row of `api_keys`, which has the key's digest beside it."""
    columns = msgspec.structs.asdict(record)
    models, limits = columns.pop("models"), columns.pop("limits")
    names = None if models is None else msgspec.json.encode(sorted(models)).decode()
    return columns | msgspec.structs.asdict(limits) | {"models": names}


def record_of(row: RowMapping) -> KeyRecord:
    """The record of a row of `api_keys`."""
    columns = {name: row[name] for name in KeyRecord.__struct_fields__ if name in row}
    limits = Limits(**{name: row[name] for name in Limits.__struct_fields__})
    names = row["models"]
    models = None if names is None else frozenset(msgspec.json.decode(names, type=_Names))
    return KeyRecord(**columns | {"models": models, "limits": limits})
