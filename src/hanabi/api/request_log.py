"""A line of the log for every request: what it asked for and what came of it, never its text."""

import logging
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hanabi.api.outcome import CLIENT_GONE
from hanabi.api.request_id import request_id

log = logging.getLogger(__name__)


class RequestLog:
    """Logs each request of an app when it has ended, at the level info.

    The path is told as the route's template, and not at all where no route fits: what a client
    writes into a path or a query may be a secret. Nothing is told of the reply's text, and of the
    prompts only where that was asked for.
    """

    def __init__(
        self, app: ASGIApp, *, prompts: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the app, whether to log the prompts as the model reads them, and a clock."""
        self._app = app
        self._prompts = prompts
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app, and log how it went."""
        began = self._clock()
        status, whole = CLIENT_GONE, False

        async def watched_send(message: Message) -> None:
            nonlocal status, whole
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                whole = not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        finally:
            seconds = round(self._clock() - began, 6)
            fields = {"status": status, "whole": whole, "seconds": seconds}
            log.info("request", extra=_asked(scope) | fields | self._generated(scope))

    def _generated(self, scope: Scope) -> dict[str, object]:
        """The generation of a request, if there was one."""
        generation = scope.get("hanabi.generation")
        if generation is None:
            return {}
        fields = {
            "model": generation.model,
            "prompt_tokens": generation.usage.prompt_tokens,
            "completion_tokens": generation.usage.completion_tokens,
        }
        if self._prompts:
            fields["prompts"] = [prompt.text for prompt in generation.prompts]
        return fields


class OnRoute:
    """The app of a route, which is noted in the scope for the log."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        """Take the app and the route's path, as the table has it."""
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the route and run the app."""
        scope["hanabi.route"] = self._path
        await self._app(scope, receive, send)


def _asked(scope: Scope) -> dict[str, object]:
    """Who asked for what; only what is known of the request."""
    fields: dict[str, object] = {
        "request_id": request_id(scope),
        "method": scope["method"],
        "route": scope.get("hanabi.route"),
    }
    if scope.get("client"):
        fields["client"] = scope["client"][0]
    account = scope.get("hanabi.account")
    if account is not None:
        fields["account"], fields["key"] = account.account, account.key_id
    return fields
