"""Times on the wire: RFC 3339."""

from datetime import UTC, datetime

from hanabi.errors import InvalidRequestError


def shown_time(seconds: int) -> str:
    """A time in seconds since the epoch as text, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def read_time(field: str, text: str) -> int:
    """The seconds since the epoch of a field's text, fractions cut. Raises InvalidRequestError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidRequestError(
            f"{field} must be a time as in RFC 3339, such as 2030-12-31T18:00:00Z: {text!r}",
            param=field,
        )
    return int(moment.timestamp())
