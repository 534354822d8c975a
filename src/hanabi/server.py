"""The HTTP server: uvicorn, with our own start and end."""

import asyncio
import contextlib
import math
import resource
import signal
import socket
import ssl
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from hanabi.api.connection import Connection
from hanabi.listening import BACKLOG

KEEP_ALIVE = 75
"""Seconds an idle connection is kept: longer than client pools keep theirs (usually 60), so that
no client sends on a connection that we are just closing."""

TICKS_A_SECOND = 10
"""How often uvicorn calls `on_tick`."""

MOST_FILES = 65_536
"""Connections are files, and so is what engines have open: more of them than is ever of use."""


class Server(uvicorn.Server):
    """Serves an app until SIGINT or SIGTERM, then until the running requests have ended.

    Until then new connections are taken too, so that the app can tell them that it is leaving.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        drain_timeout: float,
        tls: ssl.SSLContext | None = None,
        on_ready: Callable[[], None],
        on_exit: Callable[[], None],
    ) -> None:
        """Take the app, and how to begin and end.

        Args:
            app: the ASGI app.
            drain_timeout: seconds that running requests have to finish; a second signal ends
                them at once.
            tls: what speaks TLS; None: the server speaks without.
            on_ready: called when requests are taken.
            on_exit: called at the first signal.
        """
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http=Connection,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE,
                proxy_headers=False,  # of trusted proxies they are believed by the app
                ssl_context_factory=None if tls is None else lambda _config, _default: tls,
                backlog=BACKLOG,
            )
        )
        self._drain_timeout = drain_timeout
        self._deadline = math.inf
        self._running: frozenset[asyncio.Task[None]] = frozenset()
        self._on_ready = on_ready
        self._on_exit = on_exit

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Part of uvicorn.Server: begin to take requests, and say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        """Part of uvicorn.Server: look after the connections; whether it is time to end."""
        if counter % TICKS_A_SECOND == 0:
            now = asyncio.get_running_loop().time()
            for connection in tuple(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.check(now)
        return await super().on_tick(counter) and self._drained()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Part of uvicorn.Server: close, with what is left of the time for those who still run."""
        left = min(self._drain_timeout, self._deadline - asyncio.get_running_loop().time())
        self.config.timeout_graceful_shutdown = math.ceil(max(0, left))
        await super().shutdown(sockets)

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
        else:
            self._running = frozenset(self.server_state.tasks)
            self._deadline = asyncio.get_running_loop().time() + self._drain_timeout
        self.handle_exit(number, None)

    def _drained(self) -> bool:
        """Whether the requests that ran at the signal have ended, or may not go on any longer."""
        late = asyncio.get_running_loop().time() >= self._deadline
        return self.force_exit or late or self._running.isdisjoint(self.server_state.tasks)


def allow_many_files() -> None:
    """Raise the limit of open files as far as this process may: shells often set it to 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
