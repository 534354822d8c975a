"""The names by which this server lets itself be called, against DNS rebinding (CVE-2024-28224).

Any site can have its own name lead to 127.0.0.1, and a visitor's browser then takes this server for
a part of that site. What tells is the Host header: it has the site's name.
"""

import ipaddress
import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from hanabi.errors import PermissionDeniedError

_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?", re.ASCII | re.IGNORECASE)
_SHOWN = 100  # characters of a refused header


class AllowedHosts:
    """An ASGI app for those who call it by a name of loopback, or by one of some more."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        """Take the app to guard, and the names beside loopback's, without ports."""
        self._app = app
        self._names = frozenset(_plain(name) for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request with one Host header of these names through.

        Raises PermissionDeniedError otherwise.
        """
        headers = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(headers) != 1 or not self._allows(headers[0]):
            raise PermissionDeniedError(
                "Host must be localhost, an address of loopback or one of --allowed-hosts:"
                f" {', '.join(headers)[:_SHOWN]!r}"
            )
        await self._app(scope, receive, send)

    def _allows(self, header: str) -> bool:
        match = _HOST.fullmatch(header)
        if match is None:
            return False
        name = _plain(match[1] or match[2])
        return name in self._names or is_loopback(name)


def checked_names(bound: str, allowed: Iterable[str]) -> tuple[str, ...] | None:
    """The names for AllowedHosts, or None for no check.

    Args:
        bound: the address that the server listens on. On one that others reach, the names by which
            they know it are not known here: then only a list that is given is checked.
        allowed: the names that the operator lists.
    """
    names = tuple(allowed)
    return names if names or is_loopback(_plain(bound)) else None


def is_loopback(name: str) -> bool:
    """Whether a name or an address, in lower case, always leads to this machine."""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _plain(name: str) -> str:
    """A name in the one way that it is compared."""
    return name.lower().strip("[]").removesuffix(".")
