"""The latest openai client against the API over a real socket."""

import openai
import pytest

from hanabi.errors import EngineCrashedError, InvalidRequestError
from hanabi.generation.text import TextEvent

MODEL = "accounts/fireworks/models/fake"
MESSAGES = [{"role": "user", "content": "Say this is a test"}]


@pytest.fixture
def client(api, serve, key):
    url = f"http://127.0.0.1:{serve(api.app)}/inference/v1"
    with openai.OpenAI(base_url=url, api_key=key, max_retries=0) as client:
        yield client


def test_completion(client):
    reply = client.completions.create(model=MODEL, prompt="Say this is a test")
    assert reply.choices[0].text == "Hi"
    assert reply.usage.total_tokens == 5


def test_completion_stream(client):
    stream = client.completions.create(model=MODEL, prompt="Say", stream=True)
    chunks = list(stream)
    assert "".join(chunk.choices[0].text for chunk in chunks) == "Hi"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.completion_tokens == 2


def test_chat(client):
    reply = client.chat.completions.create(model=MODEL, messages=MESSAGES)
    assert reply.choices[0].message.content == "Hi"
    assert reply.choices[0].message.role == "assistant"


def test_chat_stream(client):
    stream = client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
    pieces = [chunk.choices[0].delta.content for chunk in stream]
    assert "".join(piece for piece in pieces if piece) == "Hi"


def test_a_reply_can_be_sent_back(client):
    reply = client.chat.completions.create(model=MODEL, messages=MESSAGES)
    history = [*MESSAGES, reply.choices[0].message, *MESSAGES]
    client.chat.completions.create(model=MODEL, messages=history)
    dumped = [*MESSAGES, reply.choices[0].message.model_dump(), *MESSAGES]
    client.chat.completions.create(model=MODEL, messages=dumped)


def test_include_usage(client):
    options = {"include_usage": True}
    stream = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, stream=True, stream_options=options
    )
    chunks = list(stream)
    assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1].choices == []


def test_chat_logprobs(api, client, row):
    api.service.steps = [[TextEvent(0, "Hi", (4,), (row("Hi", 4, -0.5),), "stop")]]
    reply = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, logprobs=True, top_logprobs=1
    )
    entry = reply.choices[0].logprobs.content[0]
    assert (entry.token, entry.logprob, entry.top_logprobs[0].logprob) == ("Hi", -0.5, -0.5)


def test_models(client):
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).owned_by == "fireworks"


def test_errors(api, client):
    with pytest.raises(openai.BadRequestError) as refused:
        client.completions.create(model=MODEL, prompt="x", n=300)
    assert refused.value.body["message"] == "n must be between 1 and 128: 300"
    assert refused.value.param == "n"
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").models.list()
    api.service.steps = InvalidRequestError("The prompt is too long: 9, model maximum: 8")
    with pytest.raises(openai.BadRequestError, match="too long"):
        client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)


def test_an_error_in_a_stream(api, client):
    api.service.steps = [[TextEvent(0, "Hi", (4,))], EngineCrashedError("The engine crashed")]
    stream = client.completions.create(model=MODEL, prompt="x", stream=True)
    assert next(stream).choices[0].text == "Hi"
    with pytest.raises(openai.APIError, match="The engine crashed"):
        next(stream)
