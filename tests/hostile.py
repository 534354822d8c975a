"""Mutations of a GGUF file: what broken disks make of one, and what ill will does."""

import random
import struct
from collections.abc import Callable
from pathlib import Path

NUMBERS = (
    *("context_length", "embedding_length", "block_count", "feed_forward_length"),
    *("attention.head_count", "attention.head_count_kv", "rope.dimension_count", "vocab_size"),
)
TOKENS = ("unknown_token_id", "bos_token_id", "eos_token_id")
EXTREMES = (0, 1, 2, 3, 7, 100, 512, 513, 65_537, 2**24, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1)
LONG_EXTREMES = (*EXTREMES, 2**32, 2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
FLOATS = (float("nan"), float("inf"), float("-inf"), 0.0, -1.0, 1e-38, 3e38)

Mutation = Callable[[bytearray, random.Random], None]


def mutant(weights: bytes, seed: int) -> tuple[str, bytes]:
    """A file of ill will made of a good one, and what was done to it; a function of the seed."""
    chance = random.Random(seed)
    mutation = MUTATIONS[seed % len(MUTATIONS)]
    changed = bytearray(weights)
    mutation(changed, chance)
    return mutation.__name__.lstrip("_"), bytes(changed)


def write_mutant(path: Path, weights: bytes, seed: int) -> str:
    """Write a mutant in place of whatever the path names; what was done to it."""
    kind, changed = mutant(weights, seed)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(changed)
    fresh.replace(path)  # an engine may still have the old file mapped
    return kind


def _data_start(weights: bytearray) -> int:
    """About where the header ends: the last tensor's name, and its description."""
    return weights.rfind(b"ffn_down.weight") + 64


def _flip_header_bits(weights: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 8)):
        weights[chance.randrange(_data_start(weights))] ^= 1 << chance.randrange(8)


def _flip_bits(weights: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 100)):
        weights[chance.randrange(len(weights))] ^= 1 << chance.randrange(8)


def _truncate(weights: bytearray, chance: random.Random) -> None:
    del weights[chance.randrange(len(weights)) :]


def _cut_out(weights: bytearray, chance: random.Random) -> None:
    start = chance.randrange(_data_start(weights))
    del weights[start : start + chance.randint(1, 64)]


def _insert(weights: bytearray, chance: random.Random) -> None:
    start = chance.randrange(_data_start(weights))
    weights[start:start] = chance.randbytes(chance.randint(1, 64))


def _extreme_number(weights: bytearray, chance: random.Random) -> None:
    start = chance.randrange(4, _data_start(weights))
    form, values = chance.choice([("<I", EXTREMES), ("<Q", LONG_EXTREMES)])
    struct.pack_into(form, weights, start, chance.choice(values))


def _count(weights: bytearray, chance: random.Random) -> None:
    struct.pack_into("<Q", weights, chance.choice([8, 16]), chance.choice(LONG_EXTREMES))


def _metadata_number(weights: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 2)):
        _put(weights, f"llama.{chance.choice(NUMBERS)}", "<I", chance.choice(EXTREMES))


def _metadata_type(weights: bytearray, chance: random.Random) -> None:
    key = f"llama.{chance.choice(NUMBERS)}".encode()
    struct.pack_into("<I", weights, weights.find(key) + len(key), chance.randrange(14))


def _special_token(weights: bytearray, chance: random.Random) -> None:
    key = f"tokenizer.ggml.{chance.choice(TOKENS)}"
    _put(weights, key, "<I", chance.choice((*EXTREMES, 400, 500)))


def _epsilon(weights: bytearray, chance: random.Random) -> None:
    key = "llama.attention.layer_norm_rms_epsilon"
    _put(weights, key, "<f", chance.choice(FLOATS))


def _vocabulary(weights: bytearray, chance: random.Random) -> None:
    """Other scores or types for some tokens; arrays have a type and a length before them."""
    key, form, values = chance.choice(
        [
            (b"tokenizer.ggml.scores", "<f", FLOATS),
            (b"tokenizer.ggml.token_type", "<i", (-1, 0, 1, 2, 3, 4, 5, 6, 7, 2**31 - 1)),
        ]
    )
    start = weights.find(key) + len(key) + 4 + 4 + 8
    for _ in range(chance.choice([1, 10, 300])):
        struct.pack_into(form, weights, start + 4 * chance.randrange(300), chance.choice(values))


def _token_text(weights: bytearray, chance: random.Random) -> None:
    """Bytes that are no UTF-8, in the spelling of a token."""
    start = weights.find(b"tokenizer.ggml.tokens") + 37
    weights[start + chance.randrange(3000)] = chance.choice([0, 0x80, 0xC3, 0xFF])


def _tensor_name(weights: bytearray, chance: random.Random) -> None:
    """A tensor twice, another not at all; or a name that nobody knows."""
    old = f"blk.0.attn_{chance.choice('qkv')}.weight".encode()
    new = f"blk.{chance.choice('0179')}.attn_{chance.choice('qkvz')}.weight".encode()
    weights[:] = weights.replace(old, new, 1)


def _tensor_description(weights: bytearray, chance: random.Random) -> None:
    """The dimensions, type or offset of a tensor, which follow its name."""
    names = (b"attn_q.weight", b"output.weight", b"token_embd.weight", b"output_norm.weight")
    name = chance.choice(names)
    start = weights.find(name) + len(name)
    place = chance.choice([0, 4, 12, 20, 24])
    struct.pack_into("<I", weights, start + place, chance.choice((*EXTREMES, *range(2, 40))))


def _tensor_values(weights: bytearray, chance: random.Random) -> None:
    """Not-a-number, infinite and huge weights, one or thousands of them."""
    start = _data_start(weights) // 32 * 32
    places = (len(weights) - start) // 4
    for _ in range(chance.choice([1, 100, 5000])):
        value = chance.choice(FLOATS)
        struct.pack_into("<f", weights, start + 4 * chance.randrange(places), value)


def _put(weights: bytearray, key: str, form: str, value: float) -> None:
    """Write the value of a key; its type stands before it."""
    struct.pack_into(form, weights, weights.find(key.encode()) + len(key) + 4, value)


MUTATIONS: tuple[Mutation, ...] = (
    *(_flip_header_bits, _flip_bits, _truncate, _cut_out, _insert, _extreme_number, _count),
    *(_metadata_number, _metadata_type, _special_token, _epsilon, _vocabulary, _token_text),
    *(_tensor_name, _tensor_description, _tensor_values),
)
