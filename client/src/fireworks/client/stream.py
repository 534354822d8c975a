"""Streamed replies."""

from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from typing import Any, Generic, Self

from fireworks.client.blocking import run
from fireworks.client.call import ReplyT
from fireworks.client.exchange import Chunks, ChunkT
from fireworks.client.record import Reply


class Stream(Generic[ChunkT, ReplyT]):
    """A streamed reply: iterate over its chunks.

    Leaving it early, by `close`, at the end of a `with`, or by letting go of it, closes its
    connection, upon which the server stops generating.
    """

    def __init__(self, chunks: Chunks[ChunkT, ReplyT]) -> None:
        """Take the chunks, which are open."""
        self._chunks = chunks

    @property
    def headers(self) -> Mapping[str, str]:
        """The reply's headers."""
        return self._chunks.headers

    def __iter__(self) -> Self:
        """Itself."""
        return self

    def __next__(self) -> ChunkT:
        """The next chunk."""
        chunk = run(self._chunks.next())
        if chunk is None:
            raise StopIteration
        return chunk

    def text_deltas(self, index: int = 0) -> Iterator[str]:
        """The pieces of one choice's text."""
        for chunk in self:
            yield from _texts(chunk, index)

    def get_final_response(self) -> ReplyT:
        """Read to the end; the reply that the same request gives without streaming.

        After `close`, as much of it as had come.
        """
        for _ in self:
            pass
        return self._chunks.final()

    def close(self) -> None:
        """Stop."""
        run(self._chunks.close())

    def __enter__(self) -> Self:
        """Close it at the end of the `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.close()


class AsyncStream(Generic[ChunkT, ReplyT]):
    """A streamed reply: iterate over its chunks, with or without awaiting it first.

    The request is sent when it is awaited, or else when its first chunk is. Leaving it early is as
    with Stream; let go of, it is closed by the event loop.
    """

    def __init__(self, chunks: Chunks[ChunkT, ReplyT]) -> None:
        """Take the chunks."""
        self._chunks = chunks

    @property
    def headers(self) -> Mapping[str, str]:
        """The reply's headers; none before it is awaited or iterated."""
        return self._chunks.headers

    def __await__(self) -> Generator[Any, Any, Self]:
        """Send the request; itself, when its reply begins."""
        return self._opened().__await__()

    async def _opened(self) -> Self:
        await self._chunks.open()
        return self

    def __aiter__(self) -> Self:
        """Itself."""
        return self

    async def __anext__(self) -> ChunkT:
        """The next chunk."""
        chunk = await self._chunks.next()
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def text_deltas(self, index: int = 0) -> AsyncIterator[str]:
        """The pieces of one choice's text."""
        async for chunk in self:
            for text in _texts(chunk, index):
                yield text

    async def get_final_response(self) -> ReplyT:
        """Read to the end; the reply that the same request gives without streaming.

        After `close`, as much of it as had come.
        """
        async for _ in self:
            pass
        return self._chunks.final()

    async def close(self) -> None:
        """Stop."""
        await self._chunks.close()

    aclose = close

    async def __aenter__(self) -> Self:
        """Send the request; close it at the end of the `async with`."""
        return await self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.close()


def _texts(chunk: Reply, index: int) -> list[str]:
    """The text that a chunk of either route adds to a choice; none where it adds none."""
    pieces = (
        choice.delta.content if "delta" in choice else choice.text
        for choice in chunk["choices"]
        if choice.index == index
    )
    return [piece for piece in pieces if piece]
