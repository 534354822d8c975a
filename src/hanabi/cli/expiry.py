"""A time in the future on the command line."""

import re
from datetime import UTC, datetime, timedelta

import click

from hanabi.errors import InvalidRequestError

_FROM_NOW = re.compile(r"(\d{1,6})([dhm])", re.ASCII)
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


class ExpiryType(click.ParamType[int]):
    """A time from now, `30d`, `12h` or `45m`, or an ISO date, perhaps with a time; UTC if unsaid.

    Converts to seconds since the epoch.
    """

    name = "time"

    def convert(
        self,
        value: str | int,
        _param: click.Parameter | None,
        _context: click.Context | None,
    ) -> int:
        """The time. Raises InvalidRequestError that states the rule."""
        if isinstance(value, int):
            return value
        return parse_expiry(value, datetime.now(UTC))


def parse_expiry(text: str, now: datetime) -> int:
    """A time from `now`, or an ISO date, in seconds since the epoch. Raises InvalidRequestError."""
    if match := _FROM_NOW.fullmatch(text):
        moment = now + timedelta(**{_UNITS[match[2]]: int(match[1])})
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise InvalidRequestError(
                "expires must be a time from now, such as 30d, 12h or 45m, or an ISO date, such as"
                f" 2030-12-31 or 2030-12-31T18:00:00Z: {text!r}",
                param="expires",
            ) from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp())
