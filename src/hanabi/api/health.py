"""Whether the server lives, and whether it takes requests, for whatever watches it."""

from starlette.requests import Request
from starlette.responses import Response

from hanabi.api.drain import RETRY_AFTER, Drain
from hanabi.api.json_response import json_response


class Health:
    """The two routes that a supervisor or a load balancer asks.

    They are served from when the first model is loaded; a connection made before then waits.
    """

    def __init__(self, drain: Drain) -> None:
        """Take what tells when the server shuts down."""
        self._drain = drain

    async def get(self, _request: Request) -> Response:
        """GET /health: 200 for as long as the process serves; to drain is no illness."""
        return json_response({"status": "draining" if self._drain.draining else "ok"})

    async def ready(self, _request: Request) -> Response:
        """GET /ready: 200 while generating requests are taken, 503 while draining."""
        if self._drain.draining:
            headers = {"retry-after": str(RETRY_AFTER)}
            return json_response({"status": "draining"}, 503, headers=headers)
        return json_response({"status": "ready"})
