"""The calendar month, in UTC, that monthly limits count in."""

from datetime import UTC, datetime


def month_start(now: float) -> int:
    """When the month of `now` began; both in seconds since the epoch."""
    return int(_first_day(datetime.fromtimestamp(now, UTC)).timestamp())


def next_month_start(now: float) -> int:
    """When the month after that of `now` begins; both in seconds since the epoch."""
    first = _first_day(datetime.fromtimestamp(now, UTC))
    december = 12
    year, month = (first.year + 1, 1) if first.month == december else (first.year, first.month + 1)
    return int(first.replace(year=year, month=month).timestamp())


def _first_day(moment: datetime) -> datetime:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
