import random
import struct
import time
import tracemalloc

import pytest

from hanabi.errors import InvalidRequestError
from hanabi.registry.bundled import CONTEXT_LENGTH, find_weights
from hanabi.registry.gguf import read_header

from ..tiny_llama import (  # noqa: TID252 - test folders are no packages
    write_mistral_vocabulary,
    write_tiny_llama,
)
from . import gguf_bytes as made
from .gguf_bytes import ARRAY, BOOL, F32, I32, STRING, U16, U32, U64

MUTANTS = 1000


@pytest.fixture
def header(tmp_path):
    """Reads the model that these changes make."""

    def read(**changes):
        (tmp_path / "model.gguf").write_bytes(made.gguf(made.model(**changes)))
        return read_header(tmp_path / "model.gguf")

    return read


def test_a_header_made_by_hand(header):
    read = header()
    assert (read.architecture, read.name, read.file_type) == ("llama", "a name", 1)
    assert (read.context_length, read.parameters) == (64, 29)
    assert read.chat_template == "{{ messages }}"
    bare = header(general__name=None, general__file_type=None, tokenizer__chat_template=None)
    assert (bare.name, bare.file_type, bare.chat_template) == (None, None, None)


def test_the_bundled_model():
    read = read_header(find_weights())
    assert (read.architecture, read.context_length) == ("llama", CONTEXT_LENGTH)
    assert read.parameters == 134_515_008
    assert "<|im_start|>" in read.chat_template


def test_the_tiny_models(tmp_path):
    for write in (write_tiny_llama, write_mistral_vocabulary):
        read = read_header(write(tmp_path / "m.gguf", context_length=99, chat_template="{{ x }}"))
        assert (read.context_length, read.chat_template) == (99, "{{ x }}")


@pytest.mark.parametrize(
    "changes",
    [
        {"llama__attention__head_count_kv": None},
        {"llama__attention__head_count": None, "llama__attention__head_count_kv": None},
        {"llama__attention__head_count": (ARRAY, made.array(I32, [4, 0]))},
        {"llama__attention__head_count_kv": (ARRAY, made.array(U32, [0, 2]))},
        {"llama__context_length": (U64, 64)},
        {"general__type": (STRING, "model")},
        {"llama__pooling_type": (U32, 0)},
        {"llama__attention__causal": (BOOL, 1)},
        {"tokenizer__ggml__scores": None, "tokenizer__ggml__token_type": None},
        {"tokenizer__ggml__tokens": (ARRAY, made.array(STRING, ["", "", "<0x0A>"]))},
        {"tokenizer__ggml__merges": (ARRAY, made.array(STRING, ["a b"]))},
    ],
)
def test_what_models_may_leave_out_or_do_otherwise(header, changes):
    assert header(**changes).context_length == 64


@pytest.mark.parametrize("architecture", ["mamba", "mamba2", "rwkv6", "rwkv7"])
def test_models_without_attention_say_so_with_zeros(header, architecture):
    """As llama.cpp's own converter writes them, which gives Mamba no feed-forward length either."""
    numbers = {
        "context_length": 1 << 20,
        "embedding_length": 8,
        "block_count": 2,
        "feed_forward_length": 0,
        "attention.head_count": 0,
    }
    keys = {f"{architecture}.{key}": (U32, number) for key, number in numbers.items()}
    read = header(general__architecture=(STRING, architecture), **keys)
    assert (read.architecture, read.context_length) == (architecture, 1 << 20)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"general__type": (STRING, "adapter")}, "it is an adapter (LoRA)"),
        ({"general__type": (STRING, "mmproj")}, "the part of a model that reads images"),
        ({"general__architecture": (STRING, "bert")}, "bert is an embedding model: it turns text"),
        ({"general__architecture": (STRING, "t5")}, "t5 has an encoder and a decoder"),
        ({"general__architecture": (STRING, "dream")}, "dream is a diffusion model"),
        ({"general__architecture": (STRING, "eagle3")}, "eagle3 only guesses tokens"),
        ({"general__architecture": (STRING, "mammoth")}, "mammoth is unknown to llama.cpp"),
        ({"llama__attention__causal": (BOOL, 0)}, "this llama is an embedding model"),
        ({"llama__pooling_type": (U32, 3)}, "this llama is an embedding model"),
    ],
)
def test_what_cannot_generate_text_is_refused_with_the_reason(header, changes, reason):
    with pytest.raises(InvalidRequestError) as caught:
        header(**changes)
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"general__architecture": None}, "general.architecture must be"),
        ({"general__architecture": (U32, 1)}, "general.architecture must be a text"),
        ({"general__architecture": (STRING, "../x")}, "general.architecture must be a model's"),
        ({"general__name": (U32, 1)}, "general.name must be a text"),
        ({"llama__context_length": None}, "llama.context_length is missing"),
        ({"llama__context_length": (U32, 0)}, "llama.context_length must be an integer from 1"),
        ({"llama__context_length": (U32, 1 << 31)}, "to 2147483647: 2147483648"),
        ({"llama__context_length": (F32, 64)}, "llama.context_length must be an integer"),
        ({"llama__context_length": (BOOL, 1)}, "llama.context_length must be an integer"),
        ({"llama__block_count": None}, "llama.block_count is missing"),
        ({"llama__block_count": (U32, 513)}, "from 1 to 512: 513"),
        ({"llama__embedding_length": (U32, 0)}, "llama.embedding_length must be"),
        ({"llama__attention__head_count": (U32, 0)}, "head_count must be an integer from 1"),
        ({"llama__attention__head_count": (U32, 9)}, "at most the embedding_length, 8: 9"),
        ({"llama__attention__head_count": (U32, 3)}, "must be a multiple of head_count_kv, 2: 3"),
        (
            {"llama__attention__head_count": (ARRAY, made.array(U32, [4, 3]))},
            "must be a multiple of head_count_kv, 2: 3",
        ),
        (
            {"llama__attention__head_count": (ARRAY, made.array(U32, [4, 4, 4]))},
            "one number for each of 2 blocks: 3",
        ),
        ({"llama__attention__head_count_kv": (U32, 0)}, "head_count_kv must be an integer from 1"),
        ({"llama__attention__key_length": (U32, 0)}, "key_length must be an integer from 1"),
        ({"tokenizer__ggml__model": None}, "tokenizer.ggml.model is missing"),
        ({"tokenizer__ggml__tokens": None}, "tokens must be an array of texts"),
        ({"tokenizer__ggml__tokens": (ARRAY, made.array(STRING, []))}, "tokens must be an array"),
        ({"tokenizer__ggml__tokens": (ARRAY, made.array(U32, [1, 2]))}, "tokens must be an array"),
        ({"tokenizer__ggml__tokens": (STRING, "x")}, "tokens must be an array"),
        (
            {"tokenizer__ggml__tokens": (ARRAY, made.array(STRING, ["a", "b", "a"]))},
            "tokens[2] is tokenizer.ggml.tokens[0] again: 'a'",
        ),
        (
            {"tokenizer__ggml__tokens": (ARRAY, made.array(STRING, ["a", "b", "<0x"]))},
            "tokens[2] must be spelled <0x00> to <0xFF>",
        ),
        (
            {"tokenizer__ggml__scores": (ARRAY, made.array(F32, [0, 0]))},
            "scores must have 3 elements, as the tokens: 2",
        ),
        ({"tokenizer__ggml__scores": (ARRAY, made.array(I32, [0, 0, 0]))}, "of 32-bit floats"),
        ({"tokenizer__ggml__token_type": (ARRAY, made.array(F32, [0] * 3))}, "32-bit integers"),
        ({"tokenizer__ggml__token_type": (U32, 1)}, "32-bit integers"),
        ({"tokenizer__ggml__merges": (ARRAY, made.array(U32, [1]))}, "merges must be an array"),
        (
            {"tokenizer__ggml__bos_token_id": (U32, 3)},
            "bos_token_id must be an integer from 0 to 2",
        ),
        ({"tokenizer__ggml__eot_token_id": (I32, -1)}, "eot_token_id must be an integer from 0"),
        ({"tokenizer__ggml__add_bos_token": (U32, 1)}, "add_bos_token must be a boolean"),
        ({"tokenizer__chat_template": (U32, 1)}, "tokenizer.chat_template must be a text"),
        *(
            ({f"llama__attention__{key}": value}, f"{key} must be a finite number from 0")
            for key in ("layer_norm_epsilon", "layer_norm_rms_epsilon")
            for value in ((F32, -1e-5), (F32, float("nan")), (F32, float("inf")), (U32, 1))
        ),
    ],
)
def test_nonsense_is_refused_by_its_key(header, changes, reason):
    with pytest.raises(InvalidRequestError) as caught:
        header(**changes)
    assert reason in caught.value.message
    assert caught.value.param == "weights"


def test_the_parts_of_a_split_model(header):
    count = {"split__count": (U16, 3), "split__tensors__count": (I32, 9)}
    assert header().parts == 1
    assert header(**count, split__no=(U16, 0)).parts == 3
    rest = dict.fromkeys(("general__architecture", "llama__context_length"))
    with pytest.raises(InvalidRequestError, match="it is part 3 of 3 of a model: name the first"):
        header(**count, **rest, split__no=(U16, 2))


def test_no_tensors(tmp_path):
    (tmp_path / "model.gguf").write_bytes(made.gguf(tensors=[]))
    with pytest.raises(InvalidRequestError, match="has no tensors"):
        read_header(tmp_path / "model.gguf")


def test_weights_that_are_whole_numbers(tmp_path):
    i32 = 26
    tensors = [made.tensor("blk.0.attn_norm.weight", [8, 3], 0, i32), *made.TENSORS[1:]]
    (tmp_path / "model.gguf").write_bytes(made.gguf(tensors=tensors))
    with pytest.raises(InvalidRequestError, match=r"attn_norm\.weight' must not be"):
        read_header(tmp_path / "model.gguf")


def mutated(content, rng, head):
    """Change a file in one of the ways that files are broken, or made to break things."""
    head = min(head, len(content))
    at = rng.randrange(head)
    end = min(at + rng.randrange(1, 64), head)
    number = rng.choice([0, 1, 0xFF, 2**31 - 1, 2**31, 2**32 - 1, 2**60, 2**63 - 1, 2**64 - 1])
    start, rest = content[:at], content[at:]
    return rng.choice(
        [
            start + bytes([content[at] ^ 1 << rng.randrange(8)]) + rest[1:],
            content[: rng.randrange(1, len(content) + 1)],
            start + rng.randbytes(rng.randrange(1, 40)) + rest,
            start + struct.pack("<Q", number) + rest[8:],
            start + struct.pack("<I", number % 2**32) + rest[4:],
            content[:end] + rest,
            start + content[end:],
        ]
    )


def test_a_thousand_mutants_are_read_or_refused(weights, tmp_path):
    whole = weights.read_bytes()
    head = read_header(weights).tensors[0].offset
    outcomes = {True: 0, False: 0}
    reasons = set()
    path = tmp_path / "mutant.gguf"
    tracemalloc.start()
    for seed in range(MUTANTS):
        rng = random.Random(seed)
        content = whole
        for _ in range(rng.choice([1, 1, 1, 2, 5])):
            content = mutated(content, rng, head)
        path.write_bytes(content)
        tracemalloc.reset_peak()
        before, start = tracemalloc.get_traced_memory()[0], time.monotonic()
        try:
            read_header(path)
        except InvalidRequestError as error:
            reasons.add(error.message[:60])
            good = False
        else:
            good = True
        outcomes[good] += 1
        assert time.monotonic() - start < 5
        assert tracemalloc.get_traced_memory()[1] - before < 16 * len(content) + (1 << 20)
    tracemalloc.stop()
    assert outcomes[False] > MUTANTS / 2
    assert outcomes[True] > 0
    assert len(reasons) > 50
