"""`client.completions`: text after a prompt."""

from collections.abc import Coroutine
from typing import Any, Literal, Unpack, overload

from fireworks.client.api import CompletionResponse, CompletionStreamResponse
from fireworks.client.call import Call, post
from fireworks.client.options import GenerationOptions, Prompt
from fireworks.client.sender import AsyncSender, Sender
from fireworks.client.stream import AsyncStream, Stream

CompletionStream = Stream[CompletionStreamResponse, CompletionResponse]
AsyncCompletionStream = AsyncStream[CompletionStreamResponse, CompletionResponse]


class AsyncCompletions:
    """Completions of an async client."""

    def __init__(self, sender: AsyncSender) -> None:
        """Take what sends."""
        self._sender = sender

    @overload
    def create(
        self,
        model: str,
        prompt: Prompt,
        *,
        stream: Literal[False] | None = None,
        **options: Unpack[GenerationOptions],
    ) -> Coroutine[Any, Any, CompletionResponse]: ...
    @overload
    def create(
        self,
        model: str,
        prompt: Prompt,
        *,
        stream: Literal[True],
        **options: Unpack[GenerationOptions],
    ) -> AsyncCompletionStream: ...
    @overload
    def create(
        self, model: str, prompt: Prompt, *, stream: bool, **options: Unpack[GenerationOptions]
    ) -> Coroutine[Any, Any, CompletionResponse] | AsyncCompletionStream: ...
    def create(
        self, model: str, prompt: Prompt, *, stream: bool | None = None, **options: Any
    ) -> Coroutine[Any, Any, CompletionResponse] | AsyncCompletionStream:
        """Generate text after a prompt; `GenerationOptions` tells the options.

        With `stream=True` the chunks can be iterated over with or without an `await` before.
        """
        call = _call(model, prompt, options, stream=bool(stream))
        if stream:
            return self._sender.astream(call, CompletionStreamResponse)
        return self._sender.afetch(call)

    acreate = create


class Completions:
    """Completions of a blocking client."""

    def __init__(self, sender: Sender) -> None:
        """Take what sends."""
        self._sender = sender
        self.acreate = AsyncCompletions(sender).create

    @overload
    def create(
        self,
        model: str,
        prompt: Prompt,
        *,
        stream: Literal[False] | None = None,
        **options: Unpack[GenerationOptions],
    ) -> CompletionResponse: ...
    @overload
    def create(
        self,
        model: str,
        prompt: Prompt,
        *,
        stream: Literal[True],
        **options: Unpack[GenerationOptions],
    ) -> CompletionStream: ...
    @overload
    def create(
        self, model: str, prompt: Prompt, *, stream: bool, **options: Unpack[GenerationOptions]
    ) -> CompletionResponse | CompletionStream: ...
    def create(
        self, model: str, prompt: Prompt, *, stream: bool | None = None, **options: Any
    ) -> CompletionResponse | CompletionStream:
        """Generate text after a prompt; `GenerationOptions` tells the options."""
        call = _call(model, prompt, options, stream=bool(stream))
        if stream:
            return self._sender.stream(call, CompletionStreamResponse)
        return self._sender.fetch(call)


def _call(
    model: str, prompt: Prompt, options: dict[str, Any], *, stream: bool
) -> Call[CompletionResponse]:
    fields = {"model": model, "prompt": prompt, "stream": stream, **options}
    return post("/completions", CompletionResponse, fields)
