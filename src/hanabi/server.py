"""The HTTP server: uvicorn, with our own start and end."""

import asyncio
import contextlib
import math
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

BACKLOG = 4096
"""Connections that may wait to be accepted: a burst of clients is refused by us, with a reason."""

KEEP_ALIVE = 75
"""Seconds an idle connection is kept: longer than client pools keep theirs (usually 60), so that
no client sends on a connection that we are just closing."""


class Server(uvicorn.Server):
    """Serves an app until SIGINT or SIGTERM, then waits for the running requests."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        drain_timeout: float,
        on_ready: Callable[[], None],
        on_exit: Callable[[], None],
    ) -> None:
        """Take the app, and how to begin and end.

        Args:
            app: the ASGI app.
            drain_timeout: seconds that running requests have to finish; a second signal ends
                them at once.
            on_ready: called when requests are taken.
            on_exit: called at the first signal.
        """
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=math.ceil(drain_timeout),
                backlog=BACKLOG,
            )
        )
        self._on_ready = on_ready
        self._on_exit = on_exit

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Part of uvicorn.Server: begin to take requests, and say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Part of uvicorn.Server: end in order at a signal.

        uvicorn's own raises the signal again once it has served, which would end this process
        before the engines have gone.
        """
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self._exit, number)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    def _exit(self, number: signal.Signals) -> None:
        """Begin to drain; a second signal ends what runs."""
        self._on_exit()
        if self.should_exit:
            self.force_exit = True
        self.handle_exit(number, None)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address. Raises OSError with a sentence for the person."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        message = (
            f"cannot listen on {host}:{port} ({error.strerror or error}): "
            "choose another address with --host or --port"
        )
        raise OSError(message) from error
    return found
