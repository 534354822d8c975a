"""Models of every architecture out of their keys alone: the library makes the tensors itself.

`llama_model_init_from_user` asks for no file of weights. The tensors stay zero, which is enough for
what is counted before anything is computed.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, Structure, c_bool, c_char_p, c_void_p
from pathlib import Path
from typing import ClassVar

import gguf
import numpy as np

from hanabi_llama import Model, load
from hanabi_llama.structs import ModelParams

Value = int | float | bool | str | list[int]

SetTensor = CFUNCTYPE(None, c_void_p, c_void_p)

VOCABULARY = 128
WIDTH = 64

SHAPE: dict[str, Value] = {
    "context_length": 1024,
    "embedding_length": WIDTH,
    "feed_forward_length": 96,
    "block_count": 4,
    "attention.head_count": 4,
    "attention.layer_norm_rms_epsilon": 1e-5,
    "attention.layer_norm_epsilon": 1e-5,
    "vocab_size": VOCABULARY,
}


class Params(Structure):
    """`gguf_init_params` of gguf.h."""

    _fields_: ClassVar = [("no_alloc", c_bool), ("context", c_void_p)]


@contextmanager
def opened(
    folder: Path, architecture: str, *, tensors: tuple[str, ...] = (), **values: Value
) -> Iterator[Model]:
    """A model of that architecture.

    A key of a test stands before that of SHAPE; `__` in it is a dot. Raises ValueError with the
    library's reason.

    Args:
        folder: where its file of keys may lie.
        architecture: its name.
        tensors: those that the library makes only where the file has them.
        values: the keys.
    """
    path = folder / f"{architecture}.gguf"
    keys = SHAPE | {name.replace("__", "."): value for name, value in values.items()}
    try:
        handle = _load(_write(path, architecture, keys, tensors))
    except ValueError as error:
        # It compares how many tensors it made with how many the file has.
        wanted = re.search(r"expected \d+, got (\d+)", str(error))
        if wanted is None:
            raise
        counted = tuple(f"counted.{number}" for number in range(len(tensors), int(wanted[1])))
        handle = _load(_write(path, architecture, keys, tensors + counted))
    with Model(load(), handle, path) as model:
        yield model


def _write(path: Path, architecture: str, keys: dict[str, Value], tensors: tuple[str, ...]) -> Path:
    """Write a file of keys and of names of tensors; the tensors' sizes are the library's."""
    writer = gguf.GGUFWriter(path, architecture)
    for name, value in keys.items():
        key = f"{architecture}.{name}"
        match value:
            case bool():
                writer.add_bool(key, value)
            case int():
                writer.add_uint32(key, value)
            case float():
                writer.add_float32(key, value)
            case str():
                writer.add_string(key, value)
            case _:
                writer.add_array(key, value)
    writer.add_tokenizer_model("test")
    writer.add_token_list([f"tok_{number}" for number in range(VOCABULARY)])
    writer.add_token_scores([0.0] * VOCABULARY)
    writer.add_token_type_count(2)
    for name in tensors:
        writer.add_tensor(name, np.zeros(1, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _load(path: Path) -> int:
    """The library's address of a model of these keys."""
    library = load()
    functions = library.functions
    functions.gguf_init_from_file.restype = c_void_p
    functions.gguf_init_from_file.argtypes = [c_char_p, Params]
    functions.gguf_free.restype = None
    functions.gguf_free.argtypes = [c_void_p]
    functions.llama_model_init_from_user.restype = c_void_p
    functions.llama_model_init_from_user.argtypes = [c_void_p, SetTensor, c_void_p, ModelParams]
    metadata = functions.gguf_init_from_file(bytes(path), Params(no_alloc=True))
    library.log.clear()
    handle: int | None = functions.llama_model_init_from_user(
        metadata, SetTensor(lambda *_: None), None, functions.llama_model_default_params()
    )
    functions.gguf_free(metadata)
    if not handle:
        raise ValueError(library.log.reason())
    return handle
