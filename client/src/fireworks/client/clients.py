"""The clients: Fireworks blocks, AsyncFireworks does not."""

import math
import sys
from collections.abc import Coroutine, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Self

from fireworks.client.api import DetokenizeResponse, TokenizeResponse
from fireworks.client.blocking import run
from fireworks.client.call import Call, ReplyT, Request, encoded
from fireworks.client.chat import AsyncChat, Chat
from fireworks.client.completions import AsyncCompletions, Completions
from fireworks.client.error import FireworksError
from fireworks.client.exchange import Chunks, ChunkT, fetch
from fireworks.client.models import AsyncModels, Models
from fireworks.client.settings import find_api_key, find_base_url, is_loopback
from fireworks.client.stream import AsyncStream, Stream
from fireworks.client.tokenizer import detokenize_call, tokenize_call
from fireworks.version import __version__

if TYPE_CHECKING:  # its import takes longer than all else: it waits until a client is made
    import httpx2

TIMEOUT = 600.0
"""Seconds: as much as the early clients had."""

MAX_RETRIES = 2

_USER_AGENT = "hanabi-client/{} python/{}.{}.{}".format(__version__, *sys.version_info[:3])


class _Settings:
    """What both clients know, and how a call becomes a request with it.

    Attributes:
        api_key: what it authenticates itself with.
        base_url: the address of the API, such as http://127.0.0.1:8000/inference/v1.
        timeout: seconds without a byte after which a request fails; connecting takes at most 5.
        max_retries: how often a request that failed in passing is sent again.
        account: whose models a short name such as `m` means: accounts/<account>/models/m.
    """

    def __init__(
        self,
        api_key: str | None,
        base_url: str | None,
        timeout: float,
        max_retries: int,
        account: str | None,
    ) -> None:
        self.base_url = find_base_url(base_url)
        self.api_key = find_api_key(api_key, self.base_url)
        self.timeout = _seconds(timeout)
        self.max_retries = _count(max_retries)
        self.account = account

    def with_options(self, *, timeout: float | None = None, max_retries: int | None = None) -> Self:
        """A client with other patience, on the same connections."""
        changed = copy(self)
        if timeout is not None:
            changed.timeout = _seconds(timeout)
        if max_retries is not None:
            changed.max_retries = _count(max_retries)
        return changed

    def _request(self, call: Call[Any], *, streamed: bool = False) -> Request:
        headers = {
            "authorization": f"Bearer {self.api_key}",
            "accept": "text/event-stream" if streamed else "application/json",
            "user-agent": _USER_AGENT,
        }
        content = None
        if call.body is not None:
            headers["content-type"] = "application/json"
            content = encoded(self._with_full_name(call.body))
        extra = {name.lower(): value for name, value in call.headers.items()}
        timeout = self.timeout if call.timeout is None else _seconds(call.timeout)
        return Request(
            method=call.method,
            url=self.base_url + call.path,
            headers=headers | extra,
            content=content,
            timeout=timeout,
            max_retries=self.max_retries,
            streamed=streamed,
        )

    def _with_full_name(self, body: dict[str, Any]) -> Mapping[str, Any]:
        model = body["model"]
        if self.account and "/" not in model:
            return {**body, "model": f"accounts/{self.account}/models/{model}"}
        return body


class Fireworks(_Settings):
    """A client that blocks. Threads may share it.

    Close it, or use it in a `with`, to close its connections; dropped, it closes them by itself.
    """

    def __init__(  # noqa: PLR0913 - all are optional, and most are given by name
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = TIMEOUT,
        max_retries: int = MAX_RETRIES,
        account: str | None = None,
        *,
        http_client: "httpx2.Client | None" = None,
    ) -> None:
        """Make a client; nothing is sent.

        Args:
            api_key: FIREWORKS_API_KEY by default; for a server on this machine, else its own key.
            base_url: FIREWORKS_API_BASE by default, else FIREWORKS_BASE_URL, else the server that
                `hanabi serve` starts on this machine.
            timeout: seconds without a byte after which a request fails; connecting takes at most 5.
            max_retries: how often a request that failed in passing is sent again.
            account: whose models a short name such as `m` means: accounts/<account>/models/m.
            http_client: a pool of your own, with its own proxies and TLS; it is not closed here.

        Raises FireworksError when there is no key, or a value that cannot be.
        """
        super().__init__(api_key, base_url, timeout, max_retries, account)
        from fireworks.client.wire import BlockingWire  # noqa: PLC0415 - see above

        self._wire = BlockingWire(http_client, loopback=is_loopback(self.base_url))

    @property
    def completions(self) -> Completions:
        """Text after a prompt."""
        return Completions(self)

    completion = completions

    @property
    def chat(self) -> Chat:
        """The next message of a conversation, in `chat.completions`."""
        return Chat(self)

    @property
    def models(self) -> Models:
        """What the key may use."""
        return Models(self)

    def tokenize(
        self,
        model: str,
        prompt: str,
        *,
        add_special_tokens: bool | None = None,
        return_token_strs: bool | None = None,
    ) -> TokenizeResponse:
        """Turn a text into token ids.

        Args:
            model: its name.
            prompt: the text.
            add_special_tokens: add what a completion would add before it: BOS, where the model
                has it.
            return_token_strs: return the text of each token beside its id.
        """
        return self.fetch(
            tokenize_call(
                model,
                prompt,
                add_special_tokens=add_special_tokens,
                return_token_strs=return_token_strs,
            )
        )

    def detokenize(self, model: str, tokens: Sequence[int]) -> DetokenizeResponse:
        """Turn token ids into a text."""
        return self.fetch(detokenize_call(model, tokens))

    def fetch(self, call: Call[ReplyT]) -> ReplyT:
        """Send a call; its reply."""
        return run(fetch(self._wire, self._request(call), call.reply))

    def stream(
        self, call: Call[ReplyT], chunk: type[ChunkT], *, last: bool = False
    ) -> Stream[ChunkT, ReplyT]:
        """Send a call; its streamed reply. The `last` one of a client closes it at its end."""
        request = self._request(call, streamed=True)
        chunks = Chunks(self._wire, request, chunk, call.reply, owns_wire=last)
        run(chunks.open())
        return Stream(chunks)

    async def afetch(self, call: Call[ReplyT]) -> ReplyT:
        """Send a call without blocking, over a connection of its own."""
        async with self._async_twin() as twin:
            return await twin.afetch(call)

    def astream(self, call: Call[ReplyT], chunk: type[ChunkT]) -> AsyncStream[ChunkT, ReplyT]:
        """As `afetch`, streamed."""
        return self._async_twin().astream(call, chunk, last=True)

    def _async_twin(self) -> "AsyncFireworks":
        return AsyncFireworks(
            self.api_key, self.base_url, self.timeout, self.max_retries, self.account
        )

    def close(self) -> None:
        """Close every connection."""
        run(self._wire.close())

    def __enter__(self) -> Self:
        """Close it at the end of the `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        self.close()


class AsyncFireworks(_Settings):
    """A client that does not block; made anywhere, used in one event loop at a time.

    Close it, or use it in an `async with`, to close its connections; the end of the event loop
    closes them too, so that `asyncio.run` can be called more than once with one client.
    """

    def __init__(  # noqa: PLR0913 - all are optional, and most are given by name
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = TIMEOUT,
        max_retries: int = MAX_RETRIES,
        account: str | None = None,
        *,
        http_client: "httpx2.AsyncClient | None" = None,
    ) -> None:
        """Make a client; see Fireworks for the arguments."""
        super().__init__(api_key, base_url, timeout, max_retries, account)
        from fireworks.client.wire import AsyncWire  # noqa: PLC0415 - see above

        self._wire = AsyncWire(http_client, loopback=is_loopback(self.base_url))

    @property
    def completions(self) -> AsyncCompletions:
        """Text after a prompt."""
        return AsyncCompletions(self)

    completion = completions

    @property
    def chat(self) -> AsyncChat:
        """The next message of a conversation, in `chat.completions`."""
        return AsyncChat(self)

    @property
    def models(self) -> AsyncModels:
        """What the key may use."""
        return AsyncModels(self)

    def tokenize(
        self,
        model: str,
        prompt: str,
        *,
        add_special_tokens: bool | None = None,
        return_token_strs: bool | None = None,
    ) -> Coroutine[Any, Any, TokenizeResponse]:
        """Turn a text into token ids; see Fireworks for the arguments."""
        return self.afetch(
            tokenize_call(
                model,
                prompt,
                add_special_tokens=add_special_tokens,
                return_token_strs=return_token_strs,
            )
        )

    def detokenize(
        self, model: str, tokens: Sequence[int]
    ) -> Coroutine[Any, Any, DetokenizeResponse]:
        """Turn token ids into a text."""
        return self.afetch(detokenize_call(model, tokens))

    async def afetch(self, call: Call[ReplyT]) -> ReplyT:
        """Send a call; its reply."""
        return await fetch(self._wire, self._request(call), call.reply)

    def astream(
        self, call: Call[ReplyT], chunk: type[ChunkT], *, last: bool = False
    ) -> AsyncStream[ChunkT, ReplyT]:
        """A call whose reply is streamed. The `last` one of a client closes it at its end."""
        request = self._request(call, streamed=True)
        return AsyncStream(Chunks(self._wire, request, chunk, call.reply, owns_wire=last))

    async def close(self) -> None:
        """Close every connection."""
        await self._wire.close()

    aclose = close

    async def __aenter__(self) -> Self:
        """Close it at the end of the `async with`."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        await self.close()


def _seconds(timeout: float) -> float:
    if not (0 < timeout < math.inf):
        raise FireworksError(f"timeout must be a number of seconds over 0: {timeout!r}")
    return float(timeout)


def _count(max_retries: int) -> int:
    if max_retries < 0:
        raise FireworksError(f"max_retries must be 0 or more: {max_retries!r}")
    return max_retries
