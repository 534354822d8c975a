"""A name for every request, which its reply, the log and the generation share."""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RequestIds:
    """Names every request, and tells the name in the reply's `x-request-id`."""

    def __init__(self, app: ASGIApp, new_id: Callable[[], str]) -> None:
        """Take the app, and what makes ids (UUID4 as text, outside of tests)."""
        self._app = app
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app with `scope` named."""
        name = scope["hanabi.request_id"] = self._new_id()

        async def named_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", name.encode())]
            await send(message)

        await self._app(scope, receive, named_send)


def request_id(scope: Scope) -> str:
    """The name of this request."""
    name: str = scope["hanabi.request_id"]
    return name
