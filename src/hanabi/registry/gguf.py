"""What a GGUF file says of its language model, checked before the engine ever sees the file.

llama.cpp trusts much of what a file says: some nonsense ends its process, some makes it read beyond
an array. Here stand the rules that it takes for granted, each with the key that it is about. The
keys: docs/gguf.md of ggml; what is done with them: llama-model.cpp and llama-vocab.cpp.
"""

import re
from array import array
from collections.abc import Mapping
from math import inf
from pathlib import Path
from reprlib import repr as quoted  # the file is its maker's own: a long text is cut short

import msgspec

from hanabi.registry.architectures import (
    ARCHITECTURES,
    refusal_as_embedding,
    refusal_of,
    refusal_of_type,
)
from hanabi.registry.ggml_types import INTEGERS
from hanabi.registry.gguf_format import Gguf, Tensor, Value, read_gguf, refused
from hanabi.registry.split import place_of, read_rest

MAX_BLOCKS = 512  # LLAMA_MAX_LAYERS
MAX_NUMBER = (1 << 31) - 1  # llama.cpp keeps sizes as 32-bit integers

_ARCHITECTURE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_BYTE_TOKEN = re.compile(r"<0x[0-9A-F]{2}>")
_BYTE = 6  # LLAMA_TOKEN_TYPE_BYTE
_TOKENS = "tokenizer.ggml.tokens"


class GgufHeader(msgspec.Struct, frozen=True, kw_only=True):
    """A language model as its file describes it.

    Attributes:
        architecture: `llama`, `qwen2` and the like.
        context_length: tokens that it was trained for.
        name: what its maker calls it; None where the file does not say.
        file_type: llama.cpp's number for most of its tensors' format; None likewise.
        parameters: how many weights it has.
        chat_template: Jinja text; None where it has none.
        tensors: where its tensors are, those of the first part before those of the next.
        parts: the files that the model is split into; the tensors and parameters are those of the
            parts that have been read.
    """

    architecture: str
    context_length: int
    name: str | None
    file_type: int | None
    parameters: int
    chat_template: str | None
    tensors: tuple[Tensor, ...]
    parts: int


def read_header(path: Path, rest: Mapping[str, Path] | None = None) -> GgufHeader:
    """Read what a GGUF file says of its model; memory and time are bounded for any file.

    Args:
        path: the file; of a split model, the first part.
        rest: the other parts by their names, in order; None leaves them unread.

    Raises InvalidRequestError that names the key or the tensor that breaks a rule, OSError where
    the file cannot be read.
    """
    gguf = read_gguf(path)
    model = _Values(gguf)
    place = place_of(gguf)
    if place.number:  # asked first: the other parts do not name an architecture
        raise refused(f"it is part {place.number + 1} of {place.count} of a model: name the first")
    architecture = _generating_architecture(model)
    tensors = gguf.tensors + (read_rest(gguf, rest) if rest else ())
    if not tensors and place.count == 1:
        raise refused("it has no tensors")
    context_length = model.needed(f"{architecture}.context_length", MAX_NUMBER)
    _check_shape(model, architecture)
    _check_vocabulary(model)
    _check_weights(tensors)
    return GgufHeader(
        architecture=architecture,
        context_length=context_length,
        name=model.text("general.name"),
        file_type=model.number("general.file_type", 0, MAX_NUMBER),
        parameters=sum(tensor.elements for tensor in tensors),
        chat_template=model.text("tokenizer.chat_template"),
        tensors=tensors,
        parts=place.count,
    )


def _generating_architecture(model: "_Values") -> str:
    """The architecture, of a model that can generate text. Raises InvalidRequestError."""
    kind = model.text("general.type")
    if kind is not None and (reason := refusal_of_type(kind)):
        raise refused(reason)
    architecture = model.text("general.architecture")
    if architecture is None or not _ARCHITECTURE.fullmatch(architecture):
        raise refused(f"general.architecture must be a model's kind: {quoted(architecture)}")
    if reason := refusal_of(architecture):
        raise refused(reason)
    causal = model.all.get(f"{architecture}.attention.causal", True)
    pooling = model.number(f"{architecture}.pooling_type", -1, MAX_NUMBER) or 0
    if reason := refusal_as_embedding(architecture, causal=causal is True, pooling=max(pooling, 0)):
        raise refused(reason)
    return architecture


class _Values:
    """The key/values of a file, asked for by type and range."""

    def __init__(self, gguf: Gguf) -> None:
        self.all = gguf.values

    def text(self, key: str) -> str | None:
        value = self.all.get(key)
        if value is not None and not isinstance(value, str):
            raise refused(f"{key} must be a text: {quoted(value)}")
        return value

    def number(self, key: str, least: int, most: int) -> int | None:
        value = self.all.get(key)
        if value is None:
            return None
        return _in_range(key, value, least, most)

    def needed(self, key: str, most: int) -> int:
        value = self.number(key, 1, most)
        if value is None:
            raise refused(f"{key} is missing")
        return value

    def numbers(self, key: str, least: int, most: int) -> tuple[int, ...]:
        """A number, or an array with one for each block; empty where the key is missing."""
        value = self.all.get(key, array("i"))
        if isinstance(value, array):
            return tuple(_in_range(key, number, least, most) for number in value)
        return (_in_range(key, value, least, most),)


def _in_range(key: str, value: Value, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise refused(f"{key} must be an integer from {least} to {most}: {quoted(value)}")
    return value


def _check_shape(model: _Values, architecture: str) -> None:
    """Check the sizes that llama.cpp divides by and makes room for."""
    blocks = model.needed(f"{architecture}.block_count", MAX_BLOCKS)
    width = model.needed(f"{architecture}.embedding_length", MAX_NUMBER)
    has_attention = ARCHITECTURES[architecture] != "recurrent"
    for key in ("attention.head_count", "attention.head_count_kv"):
        # Blocks without attention have no heads: an array says so with zeros. The files of models
        # that have no attention at all say so with one zero.
        full = f"{architecture}.{key}"
        least = 1 if has_attention and not isinstance(model.all.get(full), array) else 0
        counts = model.numbers(full, least, MAX_NUMBER)
        if len(counts) not in {0, 1, blocks}:
            raise refused(f"{full} must have one number for each of {blocks} blocks: {len(counts)}")
        if max(counts, default=0) > width:
            raise refused(f"{full} must be at most the embedding_length, {width}: {max(counts)}")
    heads = model.numbers(f"{architecture}.attention.head_count", 0, MAX_NUMBER)
    kv_heads = model.numbers(f"{architecture}.attention.head_count_kv", 0, MAX_NUMBER)
    for index in range(max(len(heads), len(kv_heads)) if heads and kv_heads else 0):
        count, kv_count = (part[index % len(part)] for part in (heads, kv_heads))
        if kv_count and count % kv_count:
            raise refused(
                f"{architecture}.attention.head_count must be a multiple of head_count_kv, "
                f"{kv_count}: {count}"
            )
    for key in ("key_length", "value_length"):
        model.number(f"{architecture}.attention.{key}", 1, MAX_NUMBER)
    model.number(f"{architecture}.rope.dimension_count", 0, MAX_NUMBER)
    model.numbers(f"{architecture}.feed_forward_length", 0, MAX_NUMBER)
    for key in ("layer_norm_epsilon", "layer_norm_rms_epsilon"):
        full = f"{architecture}.attention.{key}"
        epsilon = model.all.get(full, 0.0)
        # ggml asserts this when it computes, which ends the process.
        if not isinstance(epsilon, float) or not 0 <= epsilon < inf:
            raise refused(f"{full} must be a finite number from 0: {quoted(epsilon)}")


def _check_weights(tensors: tuple[Tensor, ...]) -> None:
    """Refuse weights that are whole numbers: ggml ends the process that computes with them."""
    for tensor in tensors:
        if tensor.name.endswith((".weight", ".bias")) and tensor.type.name in INTEGERS:
            raise refused(f"tensor {quoted(tensor.name)} must not be of type {tensor.type.name}")


def _check_vocabulary(model: _Values) -> None:
    """Check the tokens, what stands beside each, and the ids that mean one."""
    if not model.text("tokenizer.ggml.model"):
        raise refused("tokenizer.ggml.model is missing")
    tokens = model.all.get(_TOKENS)
    if not isinstance(tokens, tuple) or not tokens or not isinstance(tokens[0], str):
        raise refused(f"{_TOKENS} must be an array of texts: {quoted(tokens)}")
    _check_beside(model, len(tokens))
    _check_spellings(model, tokens)
    merges = model.all.get("tokenizer.ggml.merges", ())
    if not isinstance(merges, tuple) or not all(isinstance(pair, str) for pair in merges):
        raise refused("tokenizer.ggml.merges must be an array of texts")
    for key in model.all:
        if key.startswith("tokenizer.ggml.") and key.endswith("_token_id"):
            model.number(key, 0, len(tokens) - 1)
    for key in ("add_bos_token", "add_eos_token", "add_space_prefix"):
        flag = model.all.get(f"tokenizer.ggml.{key}")
        if flag is not None and not isinstance(flag, bool):
            raise refused(f"tokenizer.ggml.{key} must be a boolean: {quoted(flag)}")


def _check_beside(model: _Values, count: int) -> None:
    """Check the arrays with something for each token: llama.cpp reads them by the tokens' count."""
    for key, code, what in (
        ("scores", "f", "32-bit floats"),
        ("token_type", "i", "32-bit integers"),
    ):
        full = f"tokenizer.ggml.{key}"
        beside = model.all.get(full)
        if beside is None:
            continue
        if not isinstance(beside, array) or beside.typecode != code:
            raise refused(f"{full} must be an array of {what}")
        if len(beside) != count:
            raise refused(f"{full} must have {count} elements, as the tokens: {len(beside)}")


def _check_spellings(model: _Values, tokens: tuple[Value, ...]) -> None:
    """Check the spellings: llama.cpp looks tokens up by them, and takes bytes out of some."""
    first: dict[Value, int] = {}
    for index, token in enumerate(tokens):
        if token and first.setdefault(token, index) != index:
            raise refused(f"{_TOKENS}[{index}] is {_TOKENS}[{first[token]}] again: {quoted(token)}")
    types = model.all.get("tokenizer.ggml.token_type")
    if isinstance(types, array):
        for index, kind in enumerate(types):
            if kind == _BYTE and not _BYTE_TOKEN.fullmatch(str(tokens[index])):
                raise refused(
                    f"{_TOKENS}[{index}] must be spelled <0x00> to <0xFF>, being a byte: "
                    f"{quoted(tokens[index])}"
                )
