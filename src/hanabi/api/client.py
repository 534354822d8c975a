"""The client's presence: work for a client that has left is cancelled at once."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from starlette.types import Receive


class ClientGone(Exception):  # noqa: N818 - no error: the client may leave when it wants
    """The client closed its connection before it had its answer."""


async def while_present(receive: Receive, work: Coroutine[Any, Any, None]) -> None:
    """Run `work`; cancel it and raise ClientGone as soon as the client leaves.

    Call it after the whole body was received: from then on the only message is the disconnect.
    """
    working = asyncio.create_task(work)
    watching = asyncio.create_task(_departure(receive))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            await _cancelled(working)
            raise ClientGone
        working.result()
    finally:
        await _cancelled(working)
        await _cancelled(watching)


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancelled(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it has cleaned up."""
    if not task.done():
        task.cancel()
        await asyncio.wait((task,))
