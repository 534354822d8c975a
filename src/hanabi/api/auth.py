"""Bearer keys: who asks. A route that is not listed open is behind `Authenticated`."""

from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from hanabi.accounts.account import Account
from hanabi.errors import AuthenticationError


class Keys(Protocol):
    """Knows the keys that this server issued."""

    def authenticate(self, key: str) -> Account | None:
        """Whose key this is, or None when it is none of ours."""
        ...


class Authenticated:
    """An ASGI app behind a key."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        """Take the app to guard and the keys that open it."""
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request with a good key through; raise AuthenticationError otherwise."""
        account = self._keys.authenticate(_bearer_key(scope))
        if account is None:
            raise AuthenticationError("The API key you provided is invalid.")
        scope["hanabi.account"] = account
        await self._app(scope, receive, send)


def account_of(scope: Scope) -> Account:
    """Who sent this request; only behind `Authenticated`."""
    account: Account = scope["hanabi.account"]
    return account


def _bearer_key(scope: Scope) -> str:
    """The key of the one Authorization header that there may be."""
    headers = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(headers) == 1:
        scheme, _, key = headers[0].decode("latin-1").partition(" ")
        if scheme.lower() == "bearer" and key.strip():
            return str(key.strip())
    raise AuthenticationError(
        "No API key was provided. Send it in one header: Authorization: Bearer <API key>"
    )
