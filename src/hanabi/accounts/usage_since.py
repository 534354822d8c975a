"""The beginning of a span of time, as people write it."""

import re
from datetime import UTC, datetime

from hanabi.errors import InvalidRequestError

_SECONDS = {"h": 60 * 60, "d": 24 * 60 * 60, "w": 7 * 24 * 60 * 60}
_SPAN = re.compile(r"(\d{1,4})([hdw])", re.ASCII)


def parse_since(text: str, now: float) -> int:
    """Milliseconds since the epoch that a text stands for.

    Args:
        text: a span that ends now (`24h`, `7d`, `4w`), or an ISO 8601 date or time, which is UTC's
            where it says nothing else. Spans in days and weeks begin at midnight: `1d` is today.
        now: seconds since the epoch.

    Raises InvalidRequestError for any other text.
    """
    span = _SPAN.fullmatch(text)
    if span is None:
        return _iso_milliseconds(text)
    seconds = int(span[1]) * _SECONDS[span[2]]
    day = _SECONDS["d"]
    end = now if span[2] == "h" else (now // day + 1) * day
    return max(0, int((end - seconds) * 1000))


def _iso_milliseconds(text: str) -> int:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequestError(
            "since must be a span such as 24h, 7d or 4w, or an ISO 8601 date or time such as "
            f"2026-01-31 or 2026-01-31T12:00:00Z: {text!r}",
            param="since",
        ) from error
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1000)
