"""Prompts to ids: BOS exactly once, control tokens by the style only, errors with their place."""

import asyncio

import pytest

from hanabi.errors import InvalidRequestError
from hanabi.generation.prompt import (
    MARK,
    prepare_prompts,
    prepare_segments,
    prompt_param,
    segment_parts,
    spelled,
    with_bos,
)
from hanabi.generation.text import PreparedPrompt, Prompts
from hanabi.generation.vocab import Vocab
from hanabi.styles.style import Bos, Control, Eos, Text


class PlainStyle:
    name = "plain"
    stop_tokens = ()
    continues_text = False
    emits_bos = False


class ContinuingStyle(PlainStyle):
    continues_text = True


class BosStyle(PlainStyle):
    emits_bos = True


def prepared(backend, *prompts):
    return asyncio.run(prepare_prompts(Prompts(prompts), backend))


def rendered(backend, *segments, style=None):
    return asyncio.run(prepare_segments(segments, style or PlainStyle(), backend))


NO_TOKEN = (
    "{} must have at least 1 token, got 0: the string has 0 characters, "
    "and this model puts no beginning-of-sequence token before it"
)


@pytest.fixture
def backend(tools):
    return tools.Backend([[0]])


@pytest.fixture
def bos_backend(tools):
    return tools.Backend([[0]], vocab=tools.vocab(add_bos=True))


def test_a_string_without_bos(backend):
    assert prepared(backend, "hi") == (PreparedPrompt(tuple(b"hi"), ("hi",), "hi"),)


def test_a_string_gets_the_bos_that_the_model_wants(tools, bos_backend):
    assert prepared(bos_backend, "hi") == (
        PreparedPrompt((tools.BOS, *b"hi"), (tools.BOS, "hi"), "hi"),
    )


def test_a_spelled_bos_becomes_the_id_and_there_is_no_other(tools, bos_backend):
    assert prepared(bos_backend, "<s>hi", "<s>") == (
        PreparedPrompt((tools.BOS, *b"hi"), (tools.BOS, "hi"), "<s>hi"),
        PreparedPrompt((tools.BOS,), (tools.BOS,), "<s>"),
    )


def test_a_second_spelled_bos_stays_text(tools, bos_backend):
    (prompt,) = prepared(bos_backend, "<s><s>")
    assert prompt.ids == (tools.BOS, *b"<s>")


@pytest.mark.parametrize("text", ["<s>", "</s>", "<|end|>", "a<|end|>b"])
def test_names_of_control_tokens_are_text(backend, text):
    (prompt,) = prepared(backend, text)
    assert prompt.ids == tuple(text.encode())


def test_ids_are_read_as_they_are(tools, bos_backend):
    ids = (0x61, tools.EOS, tools.UNFINISHED)
    assert prepared(bos_backend, ids) == (PreparedPrompt(ids, ids, "a</s>\ufffd"),)
    assert bos_backend.tokenized == []


def test_an_empty_string_is_the_bos_alone(tools, bos_backend):
    assert prepared(bos_backend, "") == (PreparedPrompt((tools.BOS,), (tools.BOS,), ""),)


@pytest.mark.parametrize(
    ("prompts", "param", "message"),
    [
        ((), "prompt", "prompt must hold at least 1 prompt, got an empty list"),
        (("",), "prompt", NO_TOKEN.format("prompt")),
        (("a", ""), "prompt[1]", NO_TOKEN.format("prompt[1]")),
        (((),), "prompt", "prompt must have at least 1 token, got an empty list"),
        (("a", ()), "prompt[1]", "prompt[1] must have at least 1 token, got an empty list"),
        (
            ((1, 2, 263),),
            "prompt",
            "prompt: token ids of this model are 0 to 262, got 263 at position 2",
        ),
        (
            ("a", (-1, 2)),
            "prompt[1]",
            "prompt[1]: token ids of this model are 0 to 262, got -1 at position 0",
        ),
    ],
)
def test_a_bad_prompt_is_named(backend, prompts, param, message):
    with pytest.raises(InvalidRequestError) as caught:
        prepared(backend, *prompts)
    assert (caught.value.message, caught.value.param) == (message, param)


def test_the_place_of_a_prompt():
    assert prompt_param(Prompts(("a",)), 0) == "prompt"
    assert prompt_param(Prompts(("a", "b")), 0) == "prompt[0]"


def test_segments_become_texts_and_ids(tools):
    segments = (Bos(), Text("a"), Control("[X]"), Text("b"), Control("<|end|>"), Text(""), Eos())
    parts = (tools.BOS, Text("a[X]b"), tools.END, tools.EOS)
    assert segment_parts(segments, tools.vocab()) == parts


def test_a_model_without_bos_and_eos_has_none_in_its_prompts():
    vocab = Vocab(pieces=(b"a",), special={}, bos=None, eos=None, end_ids=(), add_bos=True)
    assert segment_parts((Bos(), Text("a"), Eos()), vocab) == (Text("a"),)
    assert with_bos((Text("a"),), vocab) == (Text("a"),)


def test_text_of_a_user_never_becomes_a_control_token(tools, backend):
    prompt = rendered(backend, Control("<|end|>"), Text("<|end|></s>"), Control("<|end|>"))
    assert prompt.ids == (tools.END, *b"<|end|></s>", tools.END)


@pytest.mark.parametrize(
    ("style", "segments"),
    [
        (PlainStyle(), (Text("a"),)),
        (PlainStyle(), (Bos(), Text("a"))),
        (PlainStyle(), (Control("<s>"), Text("a"))),
        (ContinuingStyle(), (Text("<s>a"),)),
        (BosStyle(), (Bos(), Text("a"))),
    ],
)
def test_a_conversation_has_exactly_one_bos_and_shows_it(tools, bos_backend, style, segments):
    assert rendered(bos_backend, *segments, style=style) == PreparedPrompt(
        (tools.BOS, 0x61), (tools.BOS, "a"), "<s>a"
    )


def test_a_conversation_that_begins_with_a_spelled_bos_has_it_as_text(tools, bos_backend):
    assert rendered(bos_backend, Text("<s>a")).ids == (tools.BOS, *b"<s>a")


def test_a_style_that_places_bos_decides_where(tools, bos_backend):
    prompt = rendered(bos_backend, Text("a"), Bos(), style=BosStyle())
    assert prompt.ids == (0x61, tools.BOS)


def test_a_conversation_without_tokens_is_refused(backend):
    with pytest.raises(InvalidRequestError) as caught:
        rendered(backend, Text(""))
    assert caught.value.message == "messages must make a prompt of at least 1 token, got 0"
    assert caught.value.param == "messages"


def test_parts_are_spelled_with_control_tokens_by_name(tools):
    parts = (tools.BOS, Text("aé"), tools.END, tools.UNFINISHED)
    assert spelled(parts, tools.vocab()) == "<s>aé<|end|>\ufffd"


def test_the_first_text_of_those_that_touch_says_whether_there_is_a_space(tools):
    spaced, unspaced = Text("a"), Text("b", spaced=False)
    vocab = tools.vocab()
    assert segment_parts((spaced, unspaced), vocab) == (Text("ab"),)
    assert segment_parts((unspaced, spaced), vocab) == (Text("ba", spaced=False),)
    assert segment_parts((Text(""), unspaced), vocab) == (unspaced,)
    assert segment_parts((unspaced, Control("[X]")), vocab) == (Text("b[X]", spaced=False),)


@pytest.mark.parametrize("text", ["b", " b", "\n", MARK, "é"])
def test_an_unspaced_text_gets_no_space_from_the_tokenizer(tools, text):
    backend = tools.Backend([[0]], vocab=tools.vocab(add_space_prefix=True))
    segments = (Text("a"), Control("<|end|>"), Text(text, spaced=False), Control("<|end|>"))
    prompt = rendered(backend, *segments, Text("c"))
    ids = (*b" a", tools.END, *text.encode(), tools.END, *b" c")
    shown = f"a<|end|>{text}<|end|>c"
    assert prompt == PreparedPrompt(ids, ("a", tools.END, text, tools.END, "c"), shown)


def test_a_tokenizer_without_spaces_needs_no_mark(backend):
    assert rendered(backend, Text("b", spaced=False)).ids == tuple(b"b")
    assert backend.tokenized == [("b",)]
