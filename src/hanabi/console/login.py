"""The one-time link: whoever started the server signs in by it, and nobody after them."""

import hashlib
import hmac
import secrets

LINK = "/#/sign-in?token={token}"
"""What follows the server's address. A fragment is not sent: it stays out of every log."""


def new_token() -> str:
    """A token for a link: 256 random bits."""
    return secrets.token_urlsafe(32)


class OneTimeLogin:
    """Gives the local API key for a token, once. For one thread, which is the event loop's."""

    def __init__(self, token: str, api_key: str) -> None:
        """Take the token, of which a hash is kept, and the key that it is good for."""
        self._digest = _digest(token)
        self._api_key: str | None = api_key

    def exchange(self, token: str) -> str | None:
        """The key, the first time that the right token is given; None otherwise."""
        if not hmac.compare_digest(_digest(token), self._digest):
            return None
        api_key, self._api_key = self._api_key, None
        return api_key


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
