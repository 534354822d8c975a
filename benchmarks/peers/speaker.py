"""Sending a request to a side: a connection for each, and a limit on the wait."""

import asyncio
from time import perf_counter

from http_client import connections, post
from peers.exchange import Ask, Exchange, exchange
from peers.servers import Server

PATIENCE = 300
"""Seconds after which a reply counts as failed."""


class Speaker:
    """Speaks to one server during one turn, which begins when this is made."""

    def __init__(self, server: Server) -> None:
        """Start the clock."""
        self._server = server
        self._began = perf_counter()

    async def say(self, ask: Ask) -> Exchange:
        """Send a request at its time, and wait for what becomes of it."""
        server = self._server
        body = {"model": server.models.get(ask.route, "model"), **ask.body, **server.extras}
        request = post(f"{server.path}/v1/{ask.route}", server.key, body)
        await asyncio.sleep(max(0.0, self._began + ask.at - perf_counter()))
        sent = perf_counter()
        try:
            async with asyncio.timeout(PATIENCE), connections(server.port, 1) as (connection,):
                reply = await connection.send(request)
        except (OSError, TimeoutError) as error:
            return Exchange(sent, perf_counter(), failure=f"{type(error).__name__}: {error}")
        return exchange(reply, stream=ask.body.get("stream", False))
