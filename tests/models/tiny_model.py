"""Tiny models of any architecture with random weights, as GGUF; the same weights for one name."""

import ctypes
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

import hanabi_llama

from .architecture import Architecture
from .keys import write_header
from .optional_tensors import optional_tensors
from .tensors import Tensor, wanted_tensors

TYPES = {"F32": 0, "Q8_0": 7, "Q4_K_M": 15}
"""Type of the weights -> llama.cpp's number for a file of it (`llama_ftype`)."""

GAINS = {
    r"^output\.|^token_embd\.": 3.0,  # so that some tokens are much likelier than others
    r"coef": 0.1,  # how much Gemma 3n mixes its streams, in each of its many blocks
    r"post_.*norm|laurel_post": 0.3,  # a block adds little, so that rounding does not grow much
}
"""Names of tensors -> how large their values are, where it is not the usual size."""


def write_model(folder: Path, architecture: Architecture, weights: str = "F32") -> Path:
    """Write a model into a folder, and return its path.

    Raises ValueError with llama.cpp's reason where it does not make one.
    """
    header = folder / f"{architecture.name}-header.gguf"

    def naming(tensors: Sequence[str]) -> Path:
        writer = write_header(header, architecture)
        for name in tensors:
            writer.add_tensor(name, np.zeros(1, np.float32))
        _finish(writer)
        return header

    tensors = wanted_tensors(naming, optional_tensors(architecture.of, architecture.shape.layers))
    header.unlink()
    path = folder / f"{architecture.name}-F32.gguf"
    writer = write_header(path, architecture)
    for tensor in tensors:
        writer.add_tensor(tensor.name, values_of(tensor))
    _finish(writer)
    return path if weights == "F32" else _quantized(path, weights)


def write_bare_model(path: Path, architecture: Architecture) -> None:
    """Write a header with a single tensor: no model, but what says that it is one."""
    writer = write_header(path, architecture)
    writer.add_tensor("output.weight", np.ones((1, 256), np.float32))
    _finish(writer)


def values_of(tensor: Tensor) -> NDArray[np.float32]:
    """Random values that keep what flows through a model near 1."""
    random = np.random.default_rng(zlib.crc32(tensor.name.encode()))
    noise = random.standard_normal(tensor.shape, dtype=np.float32)
    name, width = tensor.name, tensor.shape[-1]
    if name.startswith("rope_f"):  # rotations as they are
        return np.ones(tensor.shape, np.float32)
    if name.endswith("ssm_a"):  # a state decays
        return -np.exp(noise)
    gain = next((gain for rule, gain in GAINS.items() if re.search(rule, name)), 1.0)
    if "scale" in name or ("norm" in name and name.endswith(".weight")):
        return np.float32(gain) * (1 + 0.1 * noise)
    if len(tensor.shape) == 1 or name.endswith(".bias"):
        return 0.1 * noise
    return noise * np.float32(gain / np.sqrt(width))


def _finish(writer) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class _QuantizeParams(ctypes.Structure):
    """`llama_model_quantize_params`: how a file is made smaller."""

    _fields_: ClassVar = [
        ("threads", ctypes.c_int32),
        ("file_type", ctypes.c_int),
        ("output_type", ctypes.c_int),
        ("embedding_type", ctypes.c_int),
        ("flags", ctypes.c_bool * 6),
        ("pointers", ctypes.c_void_p * 4),
        ("buffer_size", ctypes.c_size_t),
    ]


def _quantized(path: Path, weights: str) -> Path:
    """The same model with weights of another type, as llama.cpp chooses it for each tensor."""
    library = hanabi_llama.load()
    functions = library.functions
    functions.llama_model_quantize_default_params.restype = _QuantizeParams
    functions.llama_model_quantize.restype = ctypes.c_uint32
    functions.llama_model_quantize.argtypes = [
        ctypes.c_char_p,
        ctypes.c_char_p,
        ctypes.POINTER(_QuantizeParams),
    ]
    params = functions.llama_model_quantize_default_params()
    params.threads, params.file_type = 1, TYPES[weights]
    target = path.with_name(path.name.replace("F32", weights))
    library.log.clear()
    failed = functions.llama_model_quantize(
        str(path).encode(), str(target).encode(), ctypes.byref(params)
    )
    if failed:
        message = f"llama.cpp makes no {weights} of it: {library.log.reason()}"
        raise ValueError(message)
    path.unlink()
    return target
