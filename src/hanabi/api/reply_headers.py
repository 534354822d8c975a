"""Headers that a route gives its reply, whoever writes that: the route, a stream or an error."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class ReplyHeaders:
    """An ASGI app whose replies get the headers that were given to `add_headers` on the way."""

    def __init__(self, app: ASGIApp) -> None:
        """Take the app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app; what was added by the time that its reply begins goes out."""
        added: dict[str, str] = {}
        scope["hanabi.reply_headers"] = added

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start" and added:
                fields = [(name.encode(), value.encode()) for name, value in added.items()]
                message["headers"] = [*message["headers"], *fields]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def add_headers(scope: Scope, headers: Mapping[str, str]) -> None:
    """Give the reply to a request these headers, unless it has begun."""
    scope["hanabi.reply_headers"].update(headers)
