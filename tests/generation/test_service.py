"""From a request to what the backend is asked, and every refusal before that."""

import asyncio

import pytest

from hanabi.errors import InvalidRequestError, OverloadedError
from hanabi.generation.defaults import ModelDefaults
from hanabi.generation.request import GenerationRequest
from hanabi.generation.service import TextService
from hanabi.generation.text import Conversation
from hanabi.sampling.params import SamplingParams
from hanabi.styles.message import Message
from hanabi.styles.style import Control, Text


class TinyStyle:
    name = "tiny"
    stop_tokens = ("<|end|>",)
    continues_text = False
    emits_bos = False

    def render(self, messages, _tokens, /):
        return (*(Text(f"{message.content}\n") for message in messages), Control("<|end|>"))


class ContinuingStyle(TinyStyle):
    continues_text = True


def chat(*contents, **fields):
    return Conversation(tuple(Message("user", content) for content in contents), **fields)


def refusal(tools, request, backend=None, **fields):
    with pytest.raises(InvalidRequestError) as caught:
        tools.run(backend or tools.Backend([[0x61]]), request, **fields)
    return caught.value.message, caught.value.param


def test_everything_asked_reaches_the_backend(tools):
    backend = tools.Backend([[0x61]])
    request = tools.request(
        "hi",
        (1, 2, 3),
        n=2,
        max_tokens=5,
        sampling={"seed": 7, "top_k": 1},
        stop=("x",),
        logprobs=3,
        echo=True,
        account="me",
    )
    generation, _ = tools.run(backend, request)
    assert backend.submitted == [
        GenerationRequest(
            prompts=(tuple(b"hi"), (1, 2, 3)),
            max_tokens=5,
            n=2,
            sampling=SamplingParams(seed=7, top_k=1),
            end_ids=(tools.EOS,),
            logprobs=3,
            prompt_logprobs=3,
            account="me",
        )
    ]
    assert generation.sampling == SamplingParams(seed=7, top_k=1)
    assert generation.stop == ("x",)


def test_the_catalog_is_asked_for_the_account(tools):
    catalog = tools.Catalog(tools.Model(tools.Backend([[0x61]])))

    async def start():
        (await TextService(catalog).start(tools.request("hi", account="me"))).cancel()

    asyncio.run(start())
    assert catalog.asked == [("bytes", "me")]


def test_a_chat_is_rendered_and_ends_at_the_style_s_token(tools):
    backend = tools.Backend([[*b"ok", tools.END]])
    request = tools.request(source=chat("hi"), echo=True)
    (choice,) = tools.folded(backend, request, style=TinyStyle())
    assert choice.text == "hi\n<|end|>ok"
    assert choice.finish_reason == "stop"
    assert backend.submitted[0].prompts == ((*b"hi\n", tools.END),)
    assert backend.submitted[0].end_ids == (tools.EOS, tools.END)


def test_a_completion_on_a_chat_model_knows_nothing_of_its_style(tools):
    backend = tools.Backend([[tools.SPACED]], vocab=tools.vocab(add_space_prefix=True))
    (choice,) = tools.folded(backend, tools.request("hi", max_tokens=2), style=TinyStyle())
    assert choice.text == " word word"
    assert backend.submitted[0].end_ids == (tools.EOS,)


def test_a_chat_reply_begins_without_the_space_of_sentencepiece(tools):
    backend = tools.Backend([[tools.SPACED]], vocab=tools.vocab(add_space_prefix=True))
    request = tools.request(source=chat("hi"), max_tokens=2)
    (choice,) = tools.folded(backend, request, style=TinyStyle())
    assert choice.text == "word word"


def test_a_chat_reply_that_goes_on_with_the_prompt_keeps_the_space(tools):
    backend = tools.Backend([[tools.SPACED]], vocab=tools.vocab(add_space_prefix=True))
    request = tools.request(source=chat("hi"), max_tokens=2)
    (choice,) = tools.folded(backend, request, style=ContinuingStyle())
    assert choice.text == " word word"


def test_the_defaults_of_the_model_fill_in(tools):
    backend = tools.Backend([[*b"abc"]])
    defaults = ModelDefaults(max_tokens=9, temperature=0.0, stop="c")
    generation, _ = tools.run(backend, tools.request("hi"), defaults=defaults)
    assert (generation.max_tokens, generation.stop) == (9, ("c",))
    assert generation.sampling == SamplingParams(temperature=0.0)
    assert generation.usage.completion_tokens == 3


def test_old_turns_are_evicted_on_request(tools):
    backend = tools.Backend([[0x61]])
    request = tools.request(source=chat("one", "two", "three", truncate_to=8))
    tools.run(backend, request, style=TinyStyle())
    assert backend.submitted[0].prompts == ((*b"three\n", tools.END),)


def test_a_chat_on_a_model_without_a_style(tools):
    model = tools.Model(tools.Backend([[0x61]]))

    async def start():
        await TextService(tools.Catalog(model)).start(tools.request(source=chat("hi")))

    with pytest.raises(InvalidRequestError) as caught:
        asyncio.run(start())
    assert caught.value.message == (
        "accounts/test/models/bytes has no conversation config, so chat completions are not "
        "enabled: use the completions API, or upload the model with conversation_config.style "
        "set in its fireworks.json"
    )
    assert caught.value.param == "model"
    assert model.loads == 0


def test_too_many_choices_are_refused_before_the_model_is_loaded(tools):
    model = tools.Model(tools.Backend([[0x61]]))

    async def start():
        await TextService(tools.Catalog(model)).start(tools.request(*["a"] * 200, n=128))

    with pytest.raises(InvalidRequestError, match=r"at most 1024 choices a request: 25600"):
        asyncio.run(start())
    assert model.loads == 0


def test_a_prompt_that_does_not_fit_is_named_with_both_numbers(tools):
    assert refusal(tools, tools.request("a" * 100)) == (
        "The prompt is too long: 100, model maximum context length: 99",
        "prompt",
    )
    assert refusal(tools, tools.request("a", "b" * 120)) == (
        "The prompt is too long: 120, model maximum context length: 99",
        "prompt[1]",
    )
    assert refusal(tools, tools.request(source=chat("a" * 120)), style=TinyStyle()) == (
        "The prompt is too long: 122, model maximum context length: 99",
        "messages",
    )


def test_a_prompt_may_fill_the_context_when_nothing_is_generated(tools):
    backend = tools.Backend([[0x61]])
    (choice,) = tools.folded(backend, tools.request("a" * 100, max_tokens=0, echo=True))
    assert choice.text == "a" * 100
    assert refusal(tools, tools.request("a" * 101, max_tokens=0)) == (
        "The prompt is too long: 101, model maximum context length: 100",
        "prompt",
    )


def test_max_tokens_is_lowered_to_what_fits_or_refused(tools):
    backend = tools.Backend([[0x61]])
    generation, _ = tools.run(backend, tools.request("a" * 98, max_tokens=10))
    assert generation.max_tokens == generation.usage.completion_tokens == 2
    several, _ = tools.run(backend, tools.request("a" * 98, "b", max_tokens=10))
    assert several.max_tokens == 10
    message, param = refusal(tools, tools.request("a" * 98, max_tokens=10, overflow="error"))
    assert message == (
        "The prompt and max_tokens are too long: 98 + 10, model maximum context length: 100; "
        "max_tokens can be at most 2"
    )
    assert param == "max_tokens"


def test_nothing_is_submitted_of_a_refused_request(tools):
    backend = tools.Backend([[0x61]])
    refusal(tools, tools.request("a", (999,)), backend)
    assert backend.submitted == []


def test_a_full_queue_is_told_at_the_start(tools):
    class Full(tools.Backend):
        def submit(self, request):
            raise OverloadedError("the queue is full", retry_after=1)

    with pytest.raises(OverloadedError):
        tools.run(Full([[0x61]]), tools.request("hi"))
