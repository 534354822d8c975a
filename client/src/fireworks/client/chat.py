"""`client.chat.completions`: the next message of a conversation."""

from collections.abc import Coroutine
from typing import Any, Literal, Unpack, overload

from fireworks.client.api import ChatCompletionResponse, ChatCompletionStreamResponse
from fireworks.client.call import Call, post
from fireworks.client.options import ChatOptions, Messages
from fireworks.client.sender import AsyncSender, Sender
from fireworks.client.stream import AsyncStream, Stream

ChatCompletionStream = Stream[ChatCompletionStreamResponse, ChatCompletionResponse]
AsyncChatCompletionStream = AsyncStream[ChatCompletionStreamResponse, ChatCompletionResponse]


class AsyncChatCompletions:
    """Chat completions of an async client."""

    def __init__(self, sender: AsyncSender) -> None:
        """Take what sends."""
        self._sender = sender

    @overload
    def create(
        self,
        model: str,
        messages: Messages,
        *,
        stream: Literal[False] | None = None,
        **options: Unpack[ChatOptions],
    ) -> Coroutine[Any, Any, ChatCompletionResponse]: ...
    @overload
    def create(
        self,
        model: str,
        messages: Messages,
        *,
        stream: Literal[True],
        **options: Unpack[ChatOptions],
    ) -> AsyncChatCompletionStream: ...
    @overload
    def create(
        self, model: str, messages: Messages, *, stream: bool, **options: Unpack[ChatOptions]
    ) -> Coroutine[Any, Any, ChatCompletionResponse] | AsyncChatCompletionStream: ...
    def create(
        self, model: str, messages: Messages, *, stream: bool | None = None, **options: Any
    ) -> Coroutine[Any, Any, ChatCompletionResponse] | AsyncChatCompletionStream:
        """Generate the next message; `ChatOptions` tells the options.

        With `stream=True` the chunks can be iterated over with or without an `await` before.
        """
        call = _call(model, messages, options, stream=bool(stream))
        if stream:
            return self._sender.astream(call, ChatCompletionStreamResponse)
        return self._sender.afetch(call)

    acreate = create


class ChatCompletions:
    """Chat completions of a blocking client."""

    def __init__(self, sender: Sender) -> None:
        """Take what sends."""
        self._sender = sender
        self.acreate = AsyncChatCompletions(sender).create

    @overload
    def create(
        self,
        model: str,
        messages: Messages,
        *,
        stream: Literal[False] | None = None,
        **options: Unpack[ChatOptions],
    ) -> ChatCompletionResponse: ...
    @overload
    def create(
        self,
        model: str,
        messages: Messages,
        *,
        stream: Literal[True],
        **options: Unpack[ChatOptions],
    ) -> ChatCompletionStream: ...
    @overload
    def create(
        self, model: str, messages: Messages, *, stream: bool, **options: Unpack[ChatOptions]
    ) -> ChatCompletionResponse | ChatCompletionStream: ...
    def create(
        self, model: str, messages: Messages, *, stream: bool | None = None, **options: Any
    ) -> ChatCompletionResponse | ChatCompletionStream:
        """Generate the next message; `ChatOptions` tells the options."""
        call = _call(model, messages, options, stream=bool(stream))
        if stream:
            return self._sender.stream(call, ChatCompletionStreamResponse)
        return self._sender.fetch(call)


def _call(
    model: str, messages: Messages, options: dict[str, Any], *, stream: bool
) -> Call[ChatCompletionResponse]:
    fields = {"model": model, "messages": messages, "stream": stream, **options}
    return post("/chat/completions", ChatCompletionResponse, fields)


class Chat:
    """The namespace `client.chat`."""

    def __init__(self, sender: Sender) -> None:
        """Take what sends."""
        self.completions = ChatCompletions(sender)


class AsyncChat:
    """The namespace `client.chat` of an async client."""

    def __init__(self, sender: AsyncSender) -> None:
        """Take what sends."""
        self.completions = AsyncChatCompletions(sender)
