"""Typical uses, and the types that mypy --strict and pyright see in them; never run."""

from typing import assert_type

import fireworks.client
from fireworks.client import AsyncFireworks, AsyncStream, Fireworks, Stream
from fireworks.client.api import (
    ChatCompletionResponse,
    ChatCompletionStreamResponse,
    ChatMessage,
    CompletionResponse,
    CompletionStreamResponse,
    ListModelsResponse,
    LogProbs,
    Model,
    NewLogProbs,
    PerfMetrics,
    RawOutput,
    TokenizeResponse,
    UsageInfo,
)
from fireworks.client.error import APIStatusError, BadRequestError


def completions(client: Fireworks) -> None:
    reply = client.completions.create(
        model="m", prompt="p", max_tokens=5, stop=["a"], logprobs=2, extra_body={"x": 1}
    )
    assert_type(reply, CompletionResponse)
    assert_type(reply.choices[0].text, str)
    assert_type(reply.choices[0].finish_reason, str | None)
    assert_type(reply.usage, UsageInfo | None)
    assert_type(reply.perf_metrics, PerfMetrics | None)
    assert_type(reply.choices[0].raw_output, RawOutput | None)
    assert_type(reply.choices[0].logprobs, NewLogProbs | LogProbs | None)
    assert_type(reply.choices[0].token_ids, list[int] | None)
    assert_type(reply.request_id, str | None)
    assert_type(client.completion.create("m", [[1, 2]], stream=False), CompletionResponse)


def streams(client: Fireworks, *, streamed: bool) -> None:
    chunks = client.completions.create(model="m", prompt="p", stream=True)
    assert_type(chunks, Stream[CompletionStreamResponse, CompletionResponse])
    for chunk in chunks:
        assert_type(chunk, CompletionStreamResponse)
        assert_type(chunk.choices[0].text, str)
    for text in chunks.text_deltas():
        assert_type(text, str)
    assert_type(chunks.get_final_response(), CompletionResponse)
    with client.chat.completions.create("m", [], stream=True) as messages:
        assert_type(messages, Stream[ChatCompletionStreamResponse, ChatCompletionResponse])
        for piece in messages:
            assert_type(piece.choices[0].delta.content, str | None)
    assert_type(
        client.completions.create("m", "p", stream=streamed),
        CompletionResponse | Stream[CompletionStreamResponse, CompletionResponse],
    )


def conversation(client: Fireworks) -> None:
    messages: list[dict[str, str] | ChatMessage] = [{"role": "user", "content": "p"}]
    reply = client.chat.completions.create(
        model="m", messages=messages, temperature=0, prompt_truncate_len=9, timeout=5
    )
    assert_type(reply, ChatCompletionResponse)
    assert_type(reply.choices[0].message, ChatMessage)
    messages.append(reply.choices[0].message)


def others(client: Fireworks) -> None:
    assert_type(client.models.list(), ListModelsResponse)
    assert_type([model.id for model in client.models.list()], list[str])
    assert_type(client.models.get("m"), Model)
    assert_type(client.tokenize("m", "p"), TokenizeResponse)
    assert_type(client.detokenize("m", [1]).prompt, str)
    with client.with_options(timeout=3, max_retries=0) as impatient:
        assert_type(impatient, Fireworks)


def errors(client: Fireworks) -> None:
    try:
        client.models.list()
    except BadRequestError as error:
        assert_type(error.param, str | None)
    except APIStatusError as error:
        assert_type(error.status_code, int | None)
        assert_type(error.message, str)


async def asynchronous(client: AsyncFireworks) -> None:
    assert_type(await client.completions.create("m", "p"), CompletionResponse)
    assert_type(await client.chat.completions.acreate("m", []), ChatCompletionResponse)
    chunks = await client.completions.create(model="m", prompt="p", stream=True)
    assert_type(chunks, AsyncStream[CompletionStreamResponse, CompletionResponse])
    async for chunk in chunks:
        assert_type(chunk.choices[0].text, str)
    async for chunk in client.completion.acreate(model="m", prompt="p", stream=True):
        assert_type(chunk, CompletionStreamResponse)
    async for text in client.chat.completions.create("m", [], stream=True).text_deltas():
        assert_type(text, str)
    assert_type(await chunks.get_final_response(), CompletionResponse)
    assert_type(await client.models.get("m"), Model)
    assert_type((await client.tokenize("m", "p")).tokens, list[int])
    async with client.with_options(max_retries=5) as patient:
        assert_type(patient, AsyncFireworks)


async def module_level() -> None:
    fireworks.client.api_key = "key"
    fireworks.client.base_url = "http://127.0.0.1:8000"
    assert_type(fireworks.client.Completion.create("m", "p"), CompletionResponse)
    assert_type(await fireworks.client.ChatCompletion.acreate("m", []), ChatCompletionResponse)
    assert_type(fireworks.client.Model.list().data, list[Model])
    async for chunk in fireworks.client.Completion.acreate("m", "p", stream=True):
        assert_type(chunk, CompletionStreamResponse)
