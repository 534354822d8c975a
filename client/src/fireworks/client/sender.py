"""What the methods of a client stand on; clients are senders, and so is the module itself."""

from collections.abc import Coroutine
from typing import Any, Protocol

from fireworks.client.call import Call, ReplyT
from fireworks.client.exchange import ChunkT
from fireworks.client.stream import AsyncStream, Stream


class AsyncSender(Protocol):
    """Sends calls without blocking."""

    def afetch(self, call: Call[ReplyT]) -> Coroutine[Any, Any, ReplyT]:
        """Send a call; its reply, when awaited."""
        ...

    def astream(self, call: Call[ReplyT], chunk: type[ChunkT]) -> AsyncStream[ChunkT, ReplyT]:
        """A call whose reply is streamed; it is sent when that is awaited or iterated."""
        ...


class Sender(AsyncSender, Protocol):
    """Sends calls both ways."""

    def fetch(self, call: Call[ReplyT]) -> ReplyT:
        """Send a call; its reply."""
        ...

    def stream(self, call: Call[ReplyT], chunk: type[ChunkT]) -> Stream[ChunkT, ReplyT]:
        """Send a call; its streamed reply."""
        ...
