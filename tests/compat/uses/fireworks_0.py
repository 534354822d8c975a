"""What people do with the first generation of Fireworks' client, 0.11 to 0.19.

The address and the key are in the environment, from where `import fireworks.client` takes them.
"""

import asyncio
import os

from departures import await_departures, departures
from outcomes import print_outcomes

import fireworks.client
from fireworks.client import AsyncFireworks, ChatCompletion, Completion, Fireworks, Model
from fireworks.client.error import AuthenticationError, InvalidRequestError

MODEL = os.environ["MODEL"]
CHAT_MODEL = os.environ["CHAT_MODEL"]
TEXT = {"model": MODEL, "prompt": "Say this is a test", "max_tokens": 4, "temperature": 0}
CHAT = {
    "model": CHAT_MODEL,
    "messages": [{"role": "user", "content": "Say this is a test"}],
    "max_tokens": 4,
    "temperature": 0,
}
ENDLESS = TEXT | {"max_tokens": 1000, "ignore_eos": True}


def text_of(chunks):
    """The text of a stream of one choice, which tells its usage once, at the end."""
    *_, last = chunks
    assert last.choices[0].finish_reason == "length"
    assert [chunk.usage for chunk in chunks if chunk.usage] == [last.usage]
    assert last.usage.completion_tokens == 4
    choices = [chunk.choices[0] for chunk in chunks]
    if hasattr(last.choices[0], "text"):
        return "".join(choice.text for choice in choices)
    return "".join(choice.delta.content or "" for choice in choices)


def refused(kind, words, create=Completion.create, **fields):
    error = None
    try:
        reply = create(**TEXT | fields)
        if not hasattr(reply, "choices"):  # a stream fails when it is read
            list(reply)
    except kind as raised:
        error = raised
    assert error is not None, "it was not refused"
    assert words in str(error)


def use_completion():
    reply = Completion.create(**TEXT)
    assert reply.choices[0].text
    assert reply.choices[0].finish_reason == "length"
    assert reply.usage.completion_tokens == 4


def use_streamed_completion():
    chunks = list(Completion.create(**TEXT, stream=True))
    assert text_of(chunks) == Completion.create(**TEXT).choices[0].text


def use_chat():
    message = ChatCompletion.create(**CHAT).choices[0].message
    assert message.role == "assistant"
    assert message.content


def use_streamed_chat():
    chunks = list(ChatCompletion.create(**CHAT, stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert text_of(chunks) == ChatCompletion.create(**CHAT).choices[0].message.content


async def use_async_completion():
    reply = await Completion.acreate(**TEXT)
    assert reply.choices[0].text == Completion.create(**TEXT).choices[0].text


async def use_async_streamed_completion():
    assert text_of([chunk async for chunk in Completion.acreate(**TEXT, stream=True)])


async def use_async_chat():
    reply = await ChatCompletion.acreate(**CHAT)
    assert reply.choices[0].message.content


async def use_async_streamed_chat():
    assert text_of([chunk async for chunk in ChatCompletion.acreate(**CHAT, stream=True)])


def use_client():
    client = Fireworks()
    assert client.completion.create(**TEXT).choices[0].text
    assert client.chat.completions.create(**CHAT).choices[0].message.content


def use_client_of_another_address():
    client = Fireworks(
        base_url=f"{os.environ['SERVER']}/v1", api_key=os.environ["FIREWORKS_API_KEY"]
    )
    assert client.completion.create(**TEXT).choices[0].text


def use_client_streamed_completion():
    assert text_of(list(Fireworks().completion.create(**TEXT, stream=True)))


def use_client_streamed_chat():
    assert text_of(list(Fireworks().chat.completions.create(**CHAT, stream=True)))


async def use_async_client():
    client = AsyncFireworks()
    reply = await client.completion.acreate(**TEXT, stream=False)
    assert reply.choices[0].text
    reply = await client.chat.completions.acreate(**CHAT, stream=False)
    assert reply.choices[0].message.content


async def use_async_client_streamed_completion():
    chunks = AsyncFireworks().completion.acreate(**TEXT, stream=True)
    assert text_of([chunk async for chunk in chunks])


async def use_async_client_streamed_chat():
    chunks = AsyncFireworks().chat.completions.acreate(**CHAT, stream=True)
    assert text_of([chunk async for chunk in chunks])


async def use_async_client_streaming_unasked():
    assert text_of([chunk async for chunk in AsyncFireworks().completion.acreate(**TEXT)])
    assert text_of([chunk async for chunk in AsyncFireworks().chat.completions.acreate(**CHAT)])


def use_context_manager():
    with Fireworks() as client:
        assert client.completion.create(**TEXT).choices[0].text


def use_models():
    models = Model.list().data
    assert {MODEL, CHAT_MODEL} <= {model.id for model in models}
    assert {model.owned_by for model in models} == {"fireworks"}


def use_several_choices():
    reply = Completion.create(**TEXT | {"prompt": ["One", "Two"], "temperature": 1}, n=2)
    assert [choice.index for choice in reply.choices] == [0, 1, 2, 3]
    assert 4 <= reply.usage.completion_tokens <= 16  # a choice may come to its end before


def use_several_choices_streamed():
    chunks = list(Completion.create(**TEXT, n=2, stream=True))
    choices = [choice for chunk in chunks for choice in chunk.choices]
    texts = ["".join(one.text for one in choices if one.index == index) for index in (0, 1)]
    assert texts[0] == texts[1] != ""
    assert [chunk.usage.completion_tokens for chunk in chunks if chunk.usage] == [8]


def use_sampling_options():
    reply = Completion.create(
        **TEXT | {"temperature": 0.5},
        top_p=0.9,
        top_k=50,
        frequency_penalty=0.5,
        presence_penalty=0.5,
        repetition_penalty=1.1,
        logit_bias={"0": -100},
        stop=["\n\n\n"],
        user="me",
        context_length_exceeded_behavior="truncate",
    )
    assert reply.choices[0].finish_reason


def use_prompt_truncate_len():
    assert ChatCompletion.create(**CHAT, prompt_truncate_len=100).choices[0].message.content


def use_token_ids_as_prompt():
    reply = Completion.create(**TEXT | {"prompt": [[1, 2, 3], [4]]})
    assert len(reply.choices) == 2
    assert reply.usage.prompt_tokens == 4


def use_stop():
    first = Completion.create(**TEXT).choices[0].text
    reply = Completion.create(**TEXT, stop=first[2:4])
    assert reply.choices[0].text == first[:2]
    assert reply.choices[0].finish_reason == "stop"


def use_echo():
    reply = Completion.create(**TEXT, echo=True)
    assert reply.choices[0].text.startswith(TEXT["prompt"])
    chat = ChatCompletion.create(**CHAT, echo=True)
    assert "<|im_start|>user\nSay this is a test" in chat.choices[0].message.content


def use_scoring():
    reply = Completion.create(**TEXT | {"max_tokens": 0}, echo=True, logprobs=1)
    assert reply.choices[0].text == TEXT["prompt"]
    assert reply.usage.completion_tokens == 0
    rows = reply.choices[0].logprobs
    assert "".join(rows.tokens) == TEXT["prompt"]
    assert len(rows.token_logprobs) == reply.usage.prompt_tokens


def use_legacy_logprobs():
    rows = Completion.create(**TEXT, logprobs=2).choices[0].logprobs
    assert type(rows).__name__ == "LogProbs"
    lengths = [rows.tokens, rows.token_logprobs, rows.top_logprobs, rows.text_offset]
    assert [len(row) for row in [*lengths, rows.token_ids]] == [4] * 5
    assert [len(row) for row in rows.top_logprobs] == [2] * 4
    assert [max(row.values()) for row in rows.top_logprobs] == rows.token_logprobs


def use_legacy_logprobs_streamed():
    chunks = list(Completion.create(**TEXT, logprobs=2, stream=True))
    rows = [chunk.choices[0].logprobs for chunk in chunks if chunk.choices[0].logprobs]
    assert [token for row in rows for token in row.tokens]
    chunks = list(ChatCompletion.create(**CHAT, logprobs=2, stream=True))
    rows = [chunk.choices[0].logprobs for chunk in chunks if chunk.choices[0].logprobs]
    assert [token for row in rows for token in row.tokens]


def use_legacy_logprobs_in_chat():
    rows = ChatCompletion.create(**CHAT, logprobs=2).choices[0].logprobs
    assert len(rows.token_logprobs) == 4


def use_new_logprobs():
    rows = Completion.create(**TEXT, logprobs=True, top_logprobs=2).choices[0].logprobs.content
    assert [len(row.top_logprobs) for row in rows] == [2] * 4
    assert [row.top_logprobs[0].logprob for row in rows] == [row.logprob for row in rows]


def use_new_logprobs_streamed():
    chunks = list(ChatCompletion.create(**CHAT, logprobs=True, stream=True))
    rows = [chunk.choices[0].logprobs for chunk in chunks if chunk.choices[0].logprobs]
    assert len([entry for row in rows for entry in row.content]) == 4


def use_raw_output():
    raw = ChatCompletion.create(**CHAT, raw_output=True).choices[0].raw_output
    assert "Say this is a test" in "".join(map(str, raw.prompt_fragments))
    assert raw.prompt_token_ids
    assert raw.completion


def use_perf_metrics():
    assert Completion.create(**TEXT, perf_metrics_in_response=True).perf_metrics


def use_include_usage():
    options = {"include_usage": True}
    *_, last = Completion.create(**TEXT, stream=True, stream_options=options)
    assert last.choices == []
    assert last.usage.completion_tokens == 4


def use_wrong_key():
    client = Fireworks(api_key="wrong")
    refused(AuthenticationError, "UNAUTHORIZED", client.completion.create)


def use_wrong_key_of_the_module():
    right = fireworks.client.api_key
    fireworks.client.api_key = "wrong"
    try:
        refused(AuthenticationError, "UNAUTHORIZED")
        refused(AuthenticationError, "UNAUTHORIZED", stream=True)
    finally:
        fireworks.client.api_key = right


def use_unknown_model():
    refused(InvalidRequestError, "NOT_FOUND", model="accounts/fireworks/models/none")


def use_wrong_value():
    refused(InvalidRequestError, "temperature", temperature=3)
    refused(InvalidRequestError, "temperature", temperature=3, stream=True)


def use_unknown_field():
    refused(InvalidRequestError, "best_of", best_of=2)


def use_stream_closed_early():
    before = departures()
    stream = Completion.create(**ENDLESS, stream=True)
    next(stream)
    stream.close()
    await_departures(before + 1)


async def use_async_stream_closed_early():
    before = departures()
    stream = Completion.acreate(**ENDLESS, stream=True)
    await anext(stream)
    await stream.aclose()
    await asyncio.to_thread(await_departures, before + 1)


if __name__ == "__main__":
    print_outcomes(globals())
