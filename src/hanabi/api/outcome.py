"""How a generating request ended, as one number."""

import asyncio

from hanabi.api.client import ClientGone
from hanabi.errors import HanabiError, UnavailableError

CLIENT_GONE = 499
"""Counted when the client left before its answer was whole; nginx' number for it."""


def status_of(error: BaseException | None) -> int:
    """The HTTP status of what ended a request; None is its whole answer."""
    match error:
        case None:
            return 200
        case HanabiError():
            return error.status
        case ClientGone():
            return CLIENT_GONE
        case asyncio.CancelledError():  # the server ends, and waits no longer
            return UnavailableError.status
        case _:
            return HanabiError.status
