from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hanabi_llama import TokenAttribute, VocabType
from hanabi_llama.vocab import encode


@pytest.fixture(scope="module")
def vocab(model):
    return model.vocab


def join(vocab, ids):
    return b"".join(vocab.piece(int(token)) for token in ids)


def spellable(vocab, raw):
    """Without the bytes that the model has no token for; tokenizers of its kind leave them out."""
    return bytes(byte for byte in raw if bytes([byte]) in alphabet(vocab))


@cache
def alphabet(vocab):
    return {piece for piece in vocab.pieces() if len(piece) == 1}


def test_facts(vocab):
    assert vocab.type is VocabType.BPE
    assert vocab.n_tokens == 49152
    assert (vocab.bos, vocab.eos, vocab.eot) == (1, 2, 0)
    assert not vocab.add_bos
    assert vocab.suppressed == frozenset()


def test_control_tokens(vocab):
    assert vocab.piece(2) == vocab.text(2) == b"<|im_end|>"
    assert vocab.is_control(2)
    assert vocab.is_end(2)
    assert vocab.attributes(2) & TokenAttribute.CONTROL
    plain = int(vocab.tokenize("Hello")[0])
    assert not vocab.is_control(plain)
    assert not vocab.is_end(plain)
    assert vocab.attributes(plain) & TokenAttribute.NORMAL


def test_spellings_of_control_tokens_are_text_unless_parsed(vocab):
    text = "<|im_start|>user"
    assert 1 not in vocab.tokenize(text)
    assert join(vocab, vocab.tokenize(text)) == text.encode()
    assert vocab.tokenize(text, parse_special=True)[0] == 1


def test_pieces_are_the_piece_of_each_id(vocab):
    pieces = vocab.pieces()
    assert len(pieces) == vocab.n_tokens
    for token in range(0, vocab.n_tokens, 97):
        assert pieces[token] == vocab.piece(token)


@pytest.mark.parametrize("token", [-1, 49152, 2**31 - 1])
def test_ids_outside_are_refused(vocab, token):
    for ask in (vocab.piece, vocab.text, vocab.attributes, vocab.is_control, vocab.is_end):
        with pytest.raises(ValueError, match=f"token ids are 0 to 49151; got {token}"):
            ask(token)


@given(text=st.text(max_size=60))
@example(text="")
@example(text="a\0b")
@example(text="\U0001f468\u200d\U0001f469 \u4f60\u597d")
def test_pieces_join_to_the_text(vocab, text):
    ids = vocab.tokenize(text)
    assert ids.dtype == np.int32
    assert join(vocab, ids) == spellable(vocab, encode(text))


@given(raw=st.binary(max_size=60))
def test_any_bytes_make_valid_ids(vocab, raw):
    ids = vocab.tokenize(raw)
    assert all(0 <= token < vocab.n_tokens for token in ids)
    try:
        raw.decode()
    except UnicodeDecodeError:
        return
    assert join(vocab, ids) == spellable(vocab, raw)


@given(text=st.text(st.characters(), max_size=20))
@example(text="\ud800")
@example(text="x\udfffy")
def test_encode_replaces_only_lone_surrogates(text):
    assert len(encode(text).decode()) == len(text)
    assert encode("\ud83d\ude00") == "\U0001f600".encode()
    assert encode("a\ud800b") == "a\N{REPLACEMENT CHARACTER}b".encode()


def test_more_tokens_than_expected_are_counted_again(vocab, monkeypatch):
    text = "one two three four five six seven eight nine ten"
    whole = vocab.tokenize(text)
    empty = np.empty
    sizes = []

    def small_at_first(size, dtype):
        sizes.append(size)
        return empty(2 if len(sizes) == 1 else size, dtype=dtype)

    monkeypatch.setattr("hanabi_llama.vocab.np.empty", small_at_first)
    assert vocab.tokenize(text).tolist() == whole.tolist()
    assert sizes[1] == len(whole)


def test_threads_tokenize_at_once(vocab):
    texts = [f"text number {index} " * 20 for index in range(16)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(vocab.tokenize, texts))
    assert [ids.tolist() for ids in together] == [vocab.tokenize(text).tolist() for text in texts]


def test_a_hundred_thousand_letters_without_a_space(vocab):
    assert join(vocab, vocab.tokenize("a" * 100_000)) == b"a" * 100_000
