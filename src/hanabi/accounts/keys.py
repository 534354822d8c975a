"""API keys: made once, kept as hashes, checked from memory."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

import msgspec
from sqlalchemy import Engine, func, insert, select

from hanabi.accounts.account import Account
from hanabi.database.tables import api_keys

REFRESH_SECONDS = 0.5
"""How old the keys in memory may be: a key made or revoked elsewhere counts after this long."""

_MARK = "hk_"
_PREFIX_LENGTH = len(_MARK) + 8  # the other 35 characters are 210 random bits


class CreatedKey(msgspec.Struct, frozen=True):
    """A new key; the only place where its text ever stands.

    Attributes:
        text: the key.
        id: its public id.
        prefix: its first characters, which lists show.
    """

    text: str
    id: str
    prefix: str


class _KnownKey(msgspec.Struct, frozen=True):
    """A good key as memory holds it."""

    digest: bytes
    account: Account


class Keys:
    """The keys of a database, the good ones held in memory. For one thread."""

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
        self._refresh()

    def create(self, account: str, name: str, *, admin: bool = False) -> CreatedKey:
        """Make a key for an account. Its text is not kept: this is the only time to read it.

        Args:
            account: a valid account id.
            name: what a list calls the key, at most 100 characters.
            admin: whether it may manage accounts and keys.
        """
        text = _MARK + secrets.token_urlsafe(32)
        key = CreatedKey(text=text, id=secrets.token_hex(8), prefix=text[:_PREFIX_LENGTH])
        row = {
            "id": key.id,
            "account": account,
            "name": name,
            "prefix": key.prefix,
            "digest": _digest(text),
            "admin": admin,
            "created": int(self._now()),
        }
        with self._engine.begin() as connection:
            connection.execute(insert(api_keys).values(row))
        self._refresh()
        return key

    def authenticate(self, key: str) -> Account | None:
        """Whose key it is; None for a key that is not ours, or no longer good."""
        if self._clock() >= self._refresh_at:
            self._refresh()
        known = self._by_prefix.get(key[:_PREFIX_LENGTH])
        if known is None or not hmac.compare_digest(known.digest, _digest(key)):
            return None
        return known.account

    def count(self) -> int:
        """How many keys were ever made, revoked ones included."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(api_keys)).scalar_one()

    def _refresh(self) -> None:
        """Read the good keys from the database."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(api_keys).where(api_keys.c.revoked.is_(None)))
            self._by_prefix = {
                row.prefix: _KnownKey(row.digest, Account(row.account, row.id, row.admin))
                for row in rows
            }
        self._refresh_at = self._clock() + REFRESH_SECONDS


def _digest(key: str) -> bytes:
    # A header may carry any text; a lone surrogate is only ever part of a wrong key.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
