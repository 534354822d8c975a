"""When a failed request is worth another attempt, and how long to wait before it."""

from email.utils import parsedate_to_datetime

from fireworks.client.error import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ConnectTimeoutError,
)

_RETRIED = {408, 409, 429}
_BACKOFF = (0.5, 1.0, 2.0, 4.0, 8.0)
_LONGEST_WAIT = 60.0
"""Seconds; a server that says "come back tomorrow" is asked again sooner, and then given up."""


def pause(error: APIError, attempt: int, *, now: float, jitter: float) -> float | None:
    """Seconds to wait before the next attempt; None when another would not help.

    A lost connection, a status of 408, 409, 429 or 500 and above may pass. A read timeout is not
    among them: the caller has waited as long as it wanted to. The wait is what `Retry-After` says,
    at most 60 s; otherwise it doubles from 0.5 s up to 8 s. Jitter keeps clients that failed
    together from returning together; it never undercuts what the server asked for.

    Args:
        error: how the attempt failed.
        attempt: how many failed before it.
        now: seconds since 1970.
        jitter: a random number from 0 to 1.
    """
    if not _may_pass(error):
        return None
    asked = _retry_after(error.headers.get("retry-after"), now)
    if asked is not None:
        return min(asked, _LONGEST_WAIT) * (1 + jitter / 4)
    return _BACKOFF[min(attempt, len(_BACKOFF) - 1)] * (1 - jitter / 2)


def _may_pass(error: APIError) -> bool:
    if error.status_code is not None:
        return error.status_code in _RETRIED or error.status_code >= 500  # noqa: PLR2004 - of HTTP
    if isinstance(error, APITimeoutError):
        return isinstance(error, ConnectTimeoutError)
    return isinstance(error, APIConnectionError)


def _retry_after(header: str | None, now: float) -> float | None:
    """Seconds that the header asks for, given as such or as a date; None where it does not."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - now
        except ValueError:
            return None
    return max(seconds, 0.0) if seconds == seconds else None  # noqa: PLR0124 - NaN is not itself
