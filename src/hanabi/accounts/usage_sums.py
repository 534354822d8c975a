"""Sums over the usage of requests; the database does the adding. Days and months are UTC's."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Engine, Row, Select, func, literal_column, select

from hanabi.accounts.month import month_start
from hanabi.database.tables import api_keys, usage

By = Literal["key", "model", "day"]
BYS: tuple[By, ...] = get_args(By)

SINCE = "30d"
"""What is shown where nobody says since when."""

_DAY_MS = 24 * 60 * 60 * 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_SUMS = (
    func.count().label("requests"),
    func.sum(usage.c.prompt_tokens).label("prompt_tokens"),
    func.sum(usage.c.cached_tokens).label("cached_tokens"),
    func.sum(usage.c.completion_tokens).label("completion_tokens"),
)
# A literal: to PostgreSQL two parameters are two expressions, also where their values are the same.
_DAY = usage.c.time // literal_column(str(_DAY_MS), BigInteger)


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """What some requests used together; the tokens are those of `UsageRecord`."""

    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int

    @property
    def tokens(self) -> int:
        """Of prompts and replies."""
        return self.prompt_tokens + self.completion_tokens


class UsageSum(msgspec.Struct, frozen=True, kw_only=True):
    """What the requests of one key, model or day used.

    Attributes:
        group: the key's id, the model's full name (empty where none was found) or the day,
            YYYY-MM-DD.
        amount: the sums.
    """

    group: str
    amount: Amount


class DaySum(msgspec.Struct, frozen=True, kw_only=True):
    """What the requests of one model used in one day: a point of a chart.

    Attributes:
        day: YYYY-MM-DD.
        model: the model's full name, or empty.
        amount: the sums.
    """

    day: str
    model: str
    amount: Amount


def usage_sums(
    engine: Engine, by: By, *, since: int | None = None, account: str | None = None
) -> list[UsageSum]:
    """Sums by key, model or day: days in order, keys and models by their tokens, most first.

    Args:
        engine: an open database.
        by: what makes a group.
        since: only requests that arrived then or later, in milliseconds since the epoch.
        account: only requests of this account.
    """
    if by == "day":
        rows = _rows(engine, _within(_sums(_DAY), since, account))
        return [
            UsageSum(group=_day(row.group), amount=_amount(row))
            for row in sorted(rows, key=lambda row: row.group)
        ]
    query = _sums(usage.c.key_id if by == "key" else usage.c.model)
    sums = [
        UsageSum(group=row.group, amount=_amount(row))
        for row in _rows(engine, _within(query, since, account))
    ]
    return sorted(sums, key=lambda each: (-each.amount.tokens, each.group))


def key_names(engine: Engine) -> dict[str, str]:
    """The names of all keys by their ids."""
    with engine.connect() as connection:
        rows = connection.execute(select(api_keys.c.id, api_keys.c.name))
        return {row.id: row.name for row in rows}


def daily_sums(
    engine: Engine, *, since: int | None = None, account: str | None = None
) -> list[DaySum]:
    """Sums by day and model, in this order; the arguments are those of `usage_sums`."""
    query = _sums(_DAY, usage.c.model)
    rows = _rows(engine, _within(query, since, account))
    return [
        DaySum(day=_day(row.group), model=row.model, amount=_amount(row))
        for row in sorted(rows, key=lambda row: (row.group, row.model))
    ]


def month_tokens(engine: Engine, key_id: str, now: float) -> int:
    """The tokens that a key used in the month of `now` (seconds since the epoch) so far."""
    query = _sums(usage.c.key_id).where(usage.c.key_id == key_id)
    since = month_start(now) * 1000
    return sum(_amount(row).tokens for row in _rows(engine, _within(query, since, None)))


def _sums(group: ColumnElement[Any], *more: ColumnElement[Any]) -> Select[Any]:
    """The sums of each group."""
    return select(group.label("group"), *more, *_SUMS).group_by(group, *more)


def _within(query: Select[Any], since: int | None, account: str | None) -> Select[Any]:
    """A query of some requests only."""
    if since is not None:
        query = query.where(usage.c.time >= since)
    return query if account is None else query.where(usage.c.account == account)


def _rows(engine: Engine, query: Select[Any]) -> list[Row[Any]]:
    with engine.connect() as connection:
        return list(connection.execute(query))


def _amount(row: Row[Any]) -> Amount:
    # PostgreSQL's sums of whole numbers are decimals.
    return Amount(
        requests=row.requests,
        prompt_tokens=int(row.prompt_tokens),
        cached_tokens=int(row.cached_tokens),
        completion_tokens=int(row.completion_tokens),
    )


def _day(number: int) -> str:
    """A day by its number since the epoch."""
    return f"{_EPOCH + timedelta(days=number):%Y-%m-%d}"
