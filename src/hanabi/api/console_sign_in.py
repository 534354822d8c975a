"""The exchange of a one-time link for the local API key."""

from starlette.requests import Request
from starlette.responses import Response

from hanabi.api.body import Body
from hanabi.api.json_response import json_response
from hanabi.console.login import OneTimeLogin
from hanabi.errors import AuthenticationError
from hanabi.protocol.sign_in import SignInReply, SignInRequest

_MAX_BYTES = 1024
"""The token's own bound is a tenth of it."""


class ConsoleSignIn:
    """The route of the exchange."""

    def __init__(self, login: OneTimeLogin) -> None:
        """Take what knows the link's token."""
        self._login = login
        self._body = Body(SignInRequest, _MAX_BYTES)

    async def exchange(self, request: Request) -> Response:
        """POST the token. Raises AuthenticationError where it is wrong or was used."""
        body = await self._body.read(request.scope, request.receive)
        api_key = self._login.exchange(body.token)
        if api_key is None:
            raise AuthenticationError(
                "A sign-in link is good once, until the server ends: sign in with the API key, or"
                " restart the server for a new link"
            )
        return json_response(SignInReply(api_key=api_key), headers={"cache-control": "no-store"})
