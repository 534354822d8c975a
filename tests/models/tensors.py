"""Which tensors an architecture wants: llama.cpp itself says it.

`llama_model_init_from_user` makes a model out of a header alone, and asks the caller for what each
of its tensors holds. It asks for what the architecture needs, and for those tensors beyond that
which the header names; and it wants the header to name as many tensors as there are in all, so the
header is filled up with names that nobody asks for.
"""

import ctypes
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

import hanabi_llama
from hanabi_llama.structs import ModelParams


class Tensor(NamedTuple):
    """A tensor that is asked for.

    Attributes:
        name: as in the file.
        shape: its sizes as numpy has them: the contiguous one last.
    """

    name: str
    shape: tuple[int, ...]


class _InitParams(ctypes.Structure):
    """`gguf_init_params`: whether tensors are left out, and where they would go."""

    _fields_: ClassVar = [("no_alloc", ctypes.c_bool), ("context", ctypes.c_void_p)]


class _TensorStart(ctypes.Structure):
    """The beginning of `ggml_tensor`: its type, its place and its sizes."""

    _fields_: ClassVar = [
        ("type", ctypes.c_int),
        ("buffer", ctypes.c_void_p),
        ("sizes", ctypes.c_int64 * 4),
    ]


_SetTensor = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)


_COUNTS = re.compile(r"expected (\d+), got (\d+)")


def wanted_tensors(
    write_header: Callable[[Sequence[str]], Path], optional: Sequence[str]
) -> list[Tensor]:
    """The tensors that a model has.

    Args:
        write_header: writes a header that names these tensors.
        optional: names of tensors that the architecture may do without; those that it does not
            know are left out.

    Raises ValueError with llama.cpp's reason where it makes no model of the header. What it asserts
    ends this process.
    """
    others = 0
    while True:
        fillers = [f"other{number}" for number in range(others)]
        try:
            return _ask(write_header([*optional, *fillers]))
        except ValueError as error:
            counts = _COUNTS.search(str(error))
            if counts is None:
                raise
            named, wanted = map(int, counts.groups())
            if others + wanted - named < 0:
                raise
            others += wanted - named


def _ask(header: Path) -> list[Tensor]:
    """The tensors that llama.cpp asks for.

    Raises ValueError with llama.cpp's reason where it makes no model of the header. What it asserts
    ends this process.
    """
    library = hanabi_llama.load()
    functions = library.functions
    open_header, free_header, make_model = _prototypes(functions)
    found: dict[str, Tensor] = {}

    @_SetTensor
    def take(pointer: int, _: object) -> None:
        start = ctypes.cast(pointer, ctypes.POINTER(_TensorStart)).contents
        sizes = list(start.sizes)
        while len(sizes) > 1 and sizes[-1] == 1:
            sizes.pop()
        name = functions.ggml_get_name(pointer).decode()
        found[name] = Tensor(name, tuple(reversed(sizes)))

    metadata = open_header(str(header).encode(), _InitParams(no_alloc=True, context=None))
    if not metadata:
        message = f"{header} is no GGUF file"
        raise ValueError(message)
    library.log.clear()
    model = make_model(metadata, take, None, functions.llama_model_default_params())
    free_header(metadata)
    if not model:
        raise ValueError(library.log.reason())
    functions.llama_model_free(model)
    return list(found.values())


def _prototypes(functions: ctypes.CDLL) -> tuple[Callable, Callable, Callable]:
    """What hanabi_llama has no use for, with types."""
    base = ctypes.CDLL(
        str(hanabi_llama.library._part(hanabi_llama.library.folder(), "libggml-base"))
    )
    open_header, free_header = base.gguf_init_from_file, base.gguf_free
    open_header.restype = ctypes.c_void_p
    open_header.argtypes = [ctypes.c_char_p, _InitParams]
    free_header.argtypes = [ctypes.c_void_p]
    make_model = functions.llama_model_init_from_user
    make_model.restype = ctypes.c_void_p
    make_model.argtypes = [ctypes.c_void_p, _SetTensor, ctypes.c_void_p, ModelParams]
    functions.ggml_get_name.restype = ctypes.c_char_p
    functions.ggml_get_name.argtypes = [ctypes.c_void_p]
    return open_header, free_header, make_model
