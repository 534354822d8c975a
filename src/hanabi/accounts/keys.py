"""API keys: made once, kept as hashes, checked from memory."""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable

import msgspec
from sqlalchemy import Engine, RowMapping, func, insert, or_, select, update

from hanabi.accounts.account import Account, Limits
from hanabi.accounts.key_record import KeyRecord, check_new_key, columns_of, record_of
from hanabi.database.tables import api_keys
from hanabi.errors import NotFoundError

REFRESH_SECONDS = 0.5
"""How old the keys in memory may be: a key made or revoked elsewhere counts after this long."""

_MARK = "hk_"
_PREFIX_LENGTH = len(_MARK) + 8  # the other 35 characters are 210 random bits


class CreatedKey(KeyRecord, frozen=True, kw_only=True):
    """A new key.

    Attributes:
        text: the key, which stands nowhere else, now or later.
    """

    text: str


class _KnownKey(msgspec.Struct, frozen=True):
    """A good key as memory holds it."""

    digest: bytes
    expires: int | None
    account: Account


class Keys:
    """The keys of a database, the good ones held in memory. For any number of threads."""

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Read the keys.

        Args:
            engine: an open database.
            clock: seconds, for the age of what memory holds.
            now: seconds since the epoch, for what the database keeps.
        """
        self._engine = engine
        self._clock = clock
        self._now = now
        self._by_prefix: dict[str, _KnownKey] = {}
        self._refresh_at = 0.0
        self._refreshing = threading.Lock()
        self._refresh()

    def create(  # noqa: PLR0913 - what a key may do, each by its name
        self,
        account: str,
        name: str,
        *,
        admin: bool = False,
        expires: int | None = None,
        models: frozenset[str] | None = None,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> CreatedKey:
        """Make a key for an account. Its text is not kept: this is the only time to read it.

        Args:
            account: a valid account id.
            name: what a list calls the key, 1 to 100 printable characters.
            admin: whether it may manage accounts and keys.
            expires: seconds since the epoch, in the future; None: never.
            models: valid full names of the only models that it may use, 1 to 100; None: all that
                its account may. Not for an admin.
            limits: what it may use, each number from 1 to 10^15.

        Raises InvalidRequestError.
        """
        text = _MARK + secrets.token_urlsafe(32)
        record = KeyRecord(
            id=secrets.token_hex(8),
            account=account,
            name=name,
            prefix=text[:_PREFIX_LENGTH],
            admin=admin,
            created=int(self._now()),
            expires=expires,
            revoked=None,
            models=models,
            limits=limits,
        )
        check_new_key(record)
        with self._engine.begin() as connection:
            row = columns_of(record) | {"digest": _digest(text)}
            connection.execute(insert(api_keys).values(row))
        self._refresh()
        return CreatedKey(**msgspec.structs.asdict(record), text=text)

    def authenticate(self, key: str) -> Account | None:
        """Whose key it is; None for a key that is not ours, or no longer good."""
        if self._clock() >= self._refresh_at:
            self._refresh()
        known = self._by_prefix.get(key[:_PREFIX_LENGTH])
        if known is None or not hmac.compare_digest(known.digest, _digest(key)):
            return None
        if known.expires is not None and known.expires <= self._now():
            return None
        return known.account

    def list(self, account: str | None = None) -> tuple[KeyRecord, ...]:
        """The keys, the oldest first; expired and revoked ones included.

        Args:
            account: the valid id of the only account that counts, or None.
        """
        query = select(api_keys).order_by(api_keys.c.created, api_keys.c.id)
        if account is not None:
            query = query.where(api_keys.c.account == account)
        with self._engine.connect() as connection:
            return tuple(map(record_of, connection.execute(query).mappings()))

    def get(self, which: str) -> KeyRecord:
        """The key with an id or a prefix. Raises NotFoundError where there is none."""
        row = None
        if which.isascii() and which.isprintable():  # no database takes any other text
            query = select(api_keys).where(or_(api_keys.c.id == which, api_keys.c.prefix == which))
            with self._engine.connect() as connection:
                row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFoundError("There is no such API key; a list of them shows ids and prefixes")
        return record_of(row)

    def revoke(self, which: str) -> KeyRecord:
        """Make the key with an id or a prefix useless, for good; the first time is what counts.

        Raises NotFoundError where there is none.
        """
        found = self.get(which)
        with self._engine.begin() as connection:
            connection.execute(
                update(api_keys)
                .where(api_keys.c.id == found.id, api_keys.c.revoked.is_(None))
                .values(revoked=int(self._now()))
            )
        self._refresh()
        return self.get(found.id)

    def count(self) -> int:
        """How many keys were ever made, revoked ones included."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(api_keys)).scalar_one()

    def _refresh(self) -> None:
        """Read the good keys from the database."""
        # One at a time: what was read before another thread's change must not replace what was
        # read after it.
        with self._refreshing:
            query = select(api_keys).where(api_keys.c.revoked.is_(None))
            with self._engine.connect() as connection:
                rows = connection.execute(query).mappings().all()
            self._by_prefix = {row["prefix"]: _known(row) for row in rows}
            self._refresh_at = self._clock() + REFRESH_SECONDS


def _known(row: RowMapping) -> _KnownKey:
    record = record_of(row)
    account = Account(record.account, record.id, record.admin, record.limits, record.models)
    return _KnownKey(row["digest"], record.expires, account)


def _digest(key: str) -> bytes:
    # A header may carry any text; a lone surrogate is only ever part of a wrong key.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
