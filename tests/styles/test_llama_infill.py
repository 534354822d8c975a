import asyncio

import pytest
from gguf import TokenType
from hypothesis import example, given
from hypothesis import strategies as st

from hanabi.errors import InvalidRequestError
from hanabi.generation.defaults import ModelDefaults
from hanabi.generation.options import end_ids_in_force, stop_in_force
from hanabi.generation.text import Conversation, TextRequest
from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.llama_infill import LlamaInfill
from hanabi.styles.message import Message
from hanabi.styles.style import Bos, Control, Text

PRE, SUF, MID, EOT = 32007, 32008, 32009, 32010
"""Code Llama's own ids."""

INFILL = ControlTokens(spellings={"<PRE>", "<SUF>", "<MID>", "<EOT>"})
CODE = st.lists(
    st.sampled_from(["a", " ", "    ", "\n", "def", "(", "é", "✓", "☺", "\t", "</s>"]), max_size=6
).map("".join) | st.text(max_size=8)


def meta_ids(pieces, prefix, suffix):
    """Meta's construction, written plainly: the suffix goes without the leading space."""
    unspaced = pieces.encode(f"☺{suffix}")[len(pieces.encode("☺")) :]
    return (pieces.bos_id(), PRE, *pieces.encode(prefix), SUF, *unspaced, MID)


@given(prefix=CODE, suffix=CODE)
@example(prefix="def add(a, b):\n    ", suffix="\n    return c")
@example(prefix="", suffix="")
@example(prefix=" ", suffix=" a")
def test_ids_equal_meta_s_construction(code_llama, pieces, prefix, suffix):
    prompt = code_llama.prompt(LlamaInfill(), ("prefix", prefix), ("suffix", suffix))
    assert prompt.ids == meta_ids(pieces, prefix, suffix)


def test_the_text_is_that_of_the_styles_page_but_for_the_space_of_the_prefix(code_llama):
    prompt = code_llama.prompt(
        LlamaInfill(), ("prefix", "def add(a, b):\n    "), ("suffix", "\n    return c")
    )
    assert prompt.text == "<s> <PRE>def add(a, b):\n     <SUF>\n    return c <MID>"
    read = b"".join(code_llama.vocab.pieces[token] for token in prompt.ids).decode()
    assert read == "<s> <PRE> def add(a, b):\n     <SUF>\n    return c <MID>"


def test_segments():
    messages = [Message("prefix", "a"), Message("suffix", "b")]
    assert LlamaInfill().render(messages, INFILL) == (
        Bos(),
        Control("<PRE>"),
        Text("a"),
        Control("<SUF>"),
        Text("b", spaced=False),
        Control("<MID>"),
    )


@pytest.mark.parametrize(
    ("roles", "param"),
    [
        ((), "messages"),
        (("prefix",), "messages"),
        (("suffix", "prefix"), "messages[0].role"),
        (("prefix", "prefix"), "messages[1].role"),
        (("prefix", "suffix", "suffix"), "messages[2].role"),
        (("system", "prefix", "suffix"), "messages[0].role"),
        (("user",), "messages[0].role"),
    ],
)
def test_other_roles_are_refused(roles, param):
    with pytest.raises(InvalidRequestError) as refusal:
        LlamaInfill().render([Message(role, "") for role in roles], INFILL)
    assert refusal.value.param == param
    assert refusal.value.message.startswith(f"{param}: the style 'llama-infill' ")


def test_weights_without_infill_tokens_are_refused(mistral):
    with pytest.raises(InvalidRequestError) as refusal:
        mistral.prompt(LlamaInfill(), ("prefix", "a"), ("suffix", "b"))
    assert refusal.value.param == "model"
    assert refusal.value.message == (
        "model: the style 'llama-infill' needs Code Llama's infill tokens, and these weights have "
        "no <PRE>, <SUF>, <MID>, <EOT>; use the completions API"
    )


@pytest.mark.parametrize("missing", ["<PRE>", "<SUF>", "<MID>", "<EOT>"])
def test_each_of_the_infill_tokens_is_needed(missing):
    tokens = ControlTokens(spellings=INFILL.spellings - {missing})
    with pytest.raises(InvalidRequestError, match=f"have no {missing}; use"):
        LlamaInfill().render([Message("prefix", ""), Message("suffix", "")], tokens)


def test_a_reply_ends_at_the_end_of_the_infill(code_llama):
    request = TextRequest(model="m", source=Conversation(()), fallback_max_tokens=1)
    vocab = code_llama.vocab
    stop = stop_in_force(request, ModelDefaults(), LlamaInfill(), vocab)
    assert stop == ()
    assert end_ids_in_force(request, stop, LlamaInfill(), vocab) == (vocab.eos, EOT)


def test_the_reply_goes_on_with_the_text():
    assert LlamaInfill().continues_text


@pytest.mark.parametrize(
    ("space", "type_"),
    [
        ("", TokenType.CONTROL),
        ("", TokenType.USER_DEFINED),
        ("▁", TokenType.CONTROL),
        ("▁", TokenType.USER_DEFINED),
        ("▁", TokenType.NORMAL),
    ],
)
def test_a_file_may_spell_and_mark_the_infill_tokens_in_many_ways(tiny_with, space, type_):
    names = ("<PRE>", "<SUF>", "<MID>", "<EOT>")
    tiny = tiny_with(tuple((space + name, 0.0, type_) for name in names))
    pre, suf, mid, eot = range(tiny.vocab.size - 4, tiny.vocab.size)
    assert tiny.vocab.special["<EOT>"] == eot
    prompt = tiny.prompt(LlamaInfill(), ("prefix", "a"), ("suffix", "b"))
    assert [id_ for id_ in prompt.ids if id_ >= pre] == [pre, suf, mid]


def test_text_that_spells_an_infill_token_is_text(code_llama):
    spelled = "a <PRE> <SUF><MID> <EOT>"
    assert not {PRE, SUF, MID, EOT}.isdisjoint(code_llama.runner._vocab.tokenize(spelled).tolist())
    ids = asyncio.run(code_llama.tokenize((spelled,)))
    assert {PRE, SUF, MID, EOT}.isdisjoint(ids)
    assert b"".join(code_llama.vocab.pieces[id_] for id_ in ids).decode() == f" {spelled}"
