"""Whether the server takes requests, for whatever watches it."""

from starlette.requests import Request
from starlette.responses import Response

from hanabi.api.drain import Drain
from hanabi.api.json_response import json_response


class Health:
    """The health route."""

    def __init__(self, drain: Drain) -> None:
        """Take what tells when the server shuts down."""
        self._drain = drain

    async def get(self, _request: Request) -> Response:
        """GET /health: 200 while requests are taken, 503 while draining."""
        if self._drain.draining:
            return json_response({"status": "draining"}, 503)
        return json_response({"status": "ok"})
