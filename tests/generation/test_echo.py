"""The echo shows the prompt as it was given, and each row where its token stands in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.generation.echo import echo, visible_pieces
from hanabi.generation.text import PreparedPrompt
from hanabi.sampling.row import Row


def prompt_of(ids, text):
    return PreparedPrompt(tuple(ids), (), text)


def offsets(shown, vocab, count):
    return [row.text_offset for row in shown.rows([Row(-1.0)] * count, vocab)]


def test_a_given_string_does_not_show_the_bos_of_the_model(tools):
    vocab = tools.vocab(add_bos=True)
    shown = echo(prompt_of([tools.BOS, *b"hi"], "hi"), vocab)
    assert (shown.text, shown.token_ids) == ("hi", (tools.BOS, *b"hi"))
    assert offsets(shown, vocab, 3) == [0, 0, 1]


def test_control_tokens_that_were_written_have_their_place(tools):
    shown = echo(prompt_of([tools.BOS, *b"hi", tools.END], "<s>hi<|end|>"), tools.vocab())
    assert offsets(shown, tools.vocab(), 4) == [0, 3, 4, 5]


@pytest.mark.parametrize(
    ("ids", "text", "expected"),
    [
        ("bos word hi", "wordhi", [0, 0, 4, 5]),
        ("bos space word hi", " wordhi", [0, 0, 1, 5, 6]),
        ("bos space hi", "hi", [0, 0, 0, 1]),
    ],
)
def test_the_space_of_sentencepiece_is_not_shown(tools, ids, text, expected):
    vocab = tools.vocab(add_bos=True, add_space_prefix=True)
    named = {"bos": [tools.BOS], "word": [tools.SPACED], "space": [0x20], "hi": list(b"hi")}
    prompt = prompt_of([token for name in ids.split() for token in named[name]], text)
    shown = echo(prompt, vocab)
    assert offsets(shown, vocab, len(prompt.ids)) == expected
    assert b"".join(shown.pieces).decode() == text


def test_an_offset_within_a_character_is_that_of_the_character(tools):
    ids = [ord("a"), tools.UNFINISHED, tools.REST, ord("b")]
    shown = echo(prompt_of(ids, "a✓!b"), tools.vocab())
    assert offsets(shown, tools.vocab(), 4) == [0, 1, 1, 3]


def test_a_text_that_its_tokens_do_not_spell_keeps_offsets_within_it(tools):
    shown = echo(prompt_of(b"three", "3"), tools.vocab())
    assert offsets(shown, tools.vocab(), 5) == [0, 1, 1, 1, 1]
    assert echo(prompt_of(b"three", "3"), tools.vocab(), 5) == shown


@given(last=st.integers(0, 8), text=st.text("aé🎆", min_size=1, max_size=4))
def test_the_last_tokens_are_what_they_spell(tools, last, text):
    ids = (tools.BOS, *text.encode())
    vocab = tools.vocab(add_bos=True)
    rows = [Row(-float(index)) for index in range(len(ids))]
    shown = echo(prompt_of(ids, text), vocab, last)
    if last >= len(ids):
        assert shown == echo(prompt_of(ids, text), vocab)
        return
    tail = ids[len(ids) - last :]
    assert shown.token_ids == tail
    assert shown.text == bytes(tail).decode("utf-8", "replace")
    assert [row.logprob for row in shown.rows(rows, vocab)] == [
        -float(index) for index in range(len(ids) - last, len(ids))
    ]


@given(st.binary(max_size=12))
def test_ids_that_are_no_text_show_every_byte(tools, ids):
    prompt = prompt_of(ids, ids.decode("utf-8", "replace"))
    assert b"".join(visible_pieces(prompt, tools.vocab())) == ids


def test_no_rows_were_asked_for(tools):
    assert echo(prompt_of(b"hi", "hi"), tools.vocab()).rows((), tools.vocab()) == ()
