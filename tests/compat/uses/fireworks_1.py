"""What people do with today's generation of Fireworks' client, 1.x.

The address and the key are in the environment, from where a client takes them when it is made.
Every reply is checked against the schemas that the client has of it.
"""

import asyncio
import os

from departures import await_departures, departures
from outcomes import print_outcomes

import fireworks

SERVER = os.environ["SERVER"]
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


def client(**options):
    return fireworks.Fireworks(max_retries=0, _strict_response_validation=True, **options)


def async_client():
    return fireworks.AsyncFireworks(max_retries=0, _strict_response_validation=True)


def complete(**fields):
    return client().completions.create(**TEXT | fields)


def chat(**fields):
    return client().chat.completions.create(**CHAT | fields)


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


def refused(kind, code, words, create=complete, **fields):
    error = None
    try:
        create(**fields)
    except kind as raised:
        error = raised
    assert type(error) is kind
    assert words in error.message
    assert error.body["error"]["code"] == code


def use_completion():
    reply = complete()
    assert reply.choices[0].text
    assert reply.choices[0].finish_reason == "length"
    assert reply.usage.completion_tokens == 4


def use_streamed_completion():
    assert text_of(list(complete(stream=True))) == complete().choices[0].text


def use_chat():
    message = chat().choices[0].message
    assert message.role == "assistant"
    assert message.content


def use_streamed_chat():
    chunks = list(chat(stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert text_of(chunks) == chat().choices[0].message.content


async def use_async_client():
    async with async_client() as client:
        assert (await client.completions.create(**TEXT)).choices[0].text
        reply = await client.chat.completions.create(**CHAT)
        assert reply.choices[0].message.content


async def use_async_client_streamed():
    async with async_client() as client:
        stream = await client.completions.create(**TEXT, stream=True)
        assert text_of([chunk async for chunk in stream])
        stream = await client.chat.completions.create(**CHAT, stream=True)
        assert text_of([chunk async for chunk in stream])


def use_address_of_the_server():
    assert client(base_url=SERVER).completions.create(**TEXT).choices[0].text


def use_address_with_inference():
    assert client(base_url=f"{SERVER}/inference").completions.create(**TEXT).choices[0].text


def use_address_of_the_early_client():
    """It ends in /v1, and this client adds another."""
    assert client(base_url=f"{SERVER}/inference/v1").completions.create(**TEXT).choices[0].text


def use_models():
    for address in (SERVER, f"{SERVER}/inference", f"{SERVER}/inference/v1"):
        models = client(base_url=address).models.list(account_id="fireworks")
        assert {MODEL, CHAT_MODEL} <= {model.name for model in models}


def use_model():
    model = client(account_id="fireworks").models.get(MODEL.rpartition("/")[2])
    assert model.name == MODEL


def use_several_choices():
    reply = complete(prompt=["One", "Two"], temperature=1, n=2)
    assert [choice.index for choice in reply.choices] == [0, 1, 2, 3]
    assert 4 <= reply.usage.completion_tokens <= 16  # a choice may come to its end before


def use_several_choices_streamed():
    chunks = list(complete(n=2, stream=True))
    choices = [choice for chunk in chunks for choice in chunk.choices]
    texts = ["".join(one.text for one in choices if one.index == index) for index in (0, 1)]
    assert texts[0] == texts[1] != ""
    assert [chunk.usage.completion_tokens for chunk in chunks if chunk.usage] == [8]


def use_sampling_options():
    reply = chat(
        temperature=0.5,
        top_p=0.9,
        top_k=50,
        min_p=0.01,
        typical_p=0.9,
        frequency_penalty=0.5,
        presence_penalty=0.5,
        repetition_penalty=1.1,
        mirostat_target=5,
        mirostat_lr=0.1,
        logit_bias={"0": -100},
        seed=7,
        stop=["\n\n\n"],
        user="me",
        metadata={"run": "1"},
        context_length_exceeded_behavior="truncate",
        prompt_truncate_len=100,
    )
    assert reply.choices[0].finish_reason


def use_token_ids_as_prompt():
    reply = complete(prompt=[[1, 2, 3], [4]])
    assert len(reply.choices) == 2
    assert reply.usage.prompt_tokens == 4


def use_stop():
    first = complete().choices[0].text
    reply = complete(stop=first[2:4])
    assert reply.choices[0].text == first[:2]
    assert reply.choices[0].finish_reason == "stop"


def use_echo():
    assert complete(echo=True).choices[0].text.startswith(TEXT["prompt"])
    assert complete(echo_last=1).choices[0].text.startswith(" test")
    content = chat(echo=True).choices[0].message.content
    assert "<|im_start|>user\nSay this is a test" in content


def use_scoring():
    reply = complete(max_tokens=0, echo=True, logprobs=1)
    assert reply.choices[0].text == TEXT["prompt"]
    assert reply.usage.completion_tokens == 0
    rows = reply.choices[0].logprobs
    assert "".join(rows.tokens) == TEXT["prompt"]
    assert len(rows.token_logprobs) == reply.usage.prompt_tokens


def use_legacy_logprobs():
    for reply in (complete(logprobs=2), chat(logprobs=2)):
        rows = reply.choices[0].logprobs
        assert type(rows).__name__ == "LogProbs"
        lengths = [rows.tokens, rows.token_logprobs, rows.top_logprobs, rows.text_offset]
        assert [len(row) for row in [*lengths, rows.token_ids]] == [4] * 5
        assert [max(row.values()) for row in rows.top_logprobs] == rows.token_logprobs


def use_new_logprobs():
    for reply in (complete(logprobs=True, top_logprobs=2), chat(logprobs=True, top_logprobs=2)):
        rows = reply.choices[0].logprobs.content
        assert [len(row.top_logprobs) for row in rows] == [2] * 4
        assert [row.top_logprobs[0].logprob for row in rows] == [row.logprob for row in rows]
        assert [row.sampling_logprob for row in rows] == [0] * 4


def use_logprobs_streamed():
    rows = [chunk.choices[0].logprobs for chunk in complete(logprobs=2, stream=True)]
    assert len([token for row in rows if row for token in row.tokens]) == 4
    rows = [chunk.choices[0].logprobs for chunk in chat(logprobs=True, stream=True)]
    assert len([entry for row in rows if row for entry in row.content]) == 4


def use_raw_output():
    raw = chat(raw_output=True, logprobs=True).choices[0].raw_output
    assert "Say this is a test" in "".join(map(str, raw.prompt_fragments))
    assert raw.prompt_token_ids
    assert raw.completion
    assert len(raw.completion_token_ids) == len(raw.completion_logprobs.content) == 4


def use_token_ids():
    choice = complete(return_token_ids=True).choices[0]
    assert len(choice.token_ids) == 4
    assert choice.prompt_token_ids
    chunks = list(complete(return_token_ids=True, stream=True))
    rows = [chunk.choices[0].token_ids or [] for chunk in chunks]
    assert [token for row in rows for token in row] == choice.token_ids


def use_perf_metrics():
    assert complete(perf_metrics_in_response=True).perf_metrics["prompt-tokens"] > 0
    *_, last = complete(perf_metrics_in_response=True, stream=True)
    assert last.perf_metrics["prompt-tokens"] > 0


def use_include_usage():
    options = {"stream_options": {"include_usage": True}}
    *chunks, last = complete(stream=True, extra_body=options)
    assert [chunk.usage for chunk in chunks] == [None] * len(chunks)
    assert last.choices == []
    assert last.usage.completion_tokens == 4


def use_headers():
    reply = client().completions.with_raw_response.create(**TEXT)
    assert int(reply.headers["fireworks-prompt-tokens"]) == reply.parse().usage.prompt_tokens


def use_wrong_key():
    wrong = client(api_key="wrong").completions.create
    message = "The API key you provided is invalid."
    refused(fireworks.AuthenticationError, "UNAUTHORIZED", message, wrong, **TEXT)
    refused(fireworks.AuthenticationError, "UNAUTHORIZED", message, wrong, **TEXT, stream=True)


def use_unknown_model():
    unknown = "accounts/fireworks/models/none"
    refused(fireworks.NotFoundError, "NOT_FOUND", "Model not found", model=unknown)


def use_wrong_value():
    wrong = {"temperature": 3}
    refused(fireworks.BadRequestError, "invalid_request_error", "temperature", **wrong)
    refused(fireworks.BadRequestError, "invalid_request_error", "temperature", chat, **wrong)


def use_unknown_field():
    unknown = {"extra_body": {"none": 1}}
    refused(fireworks.BadRequestError, "invalid_request_error", "'none'", **unknown)


def use_stream_closed_early():
    before = departures()
    with complete(**ENDLESS, stream=True) as stream:
        next(stream)
    await_departures(before + 1)


async def use_async_stream_closed_early():
    before = departures()
    async with async_client() as client:
        async with await client.completions.create(**ENDLESS, stream=True) as stream:
            await anext(stream)
        await asyncio.to_thread(await_departures, before + 1)


if __name__ == "__main__":
    print_outcomes(globals())
