"""The table of number formats is the one of the library that loads them."""

from ctypes import Structure, c_bool, c_char_p, c_int, c_int64, c_size_t, c_void_p

import pytest

import hanabi_llama
from hanabi.registry.ggml_types import GGML_TYPES

from . import gguf_bytes as made

NUMBERS = range(max(GGML_TYPES) + 1)


class Params(Structure):
    """`gguf_init_params` of gguf.h."""

    _fields_ = (("no_alloc", c_bool), ("context", c_void_p))


@pytest.fixture
def library():
    functions = hanabi_llama.load().functions
    types = {
        "ggml_type_name": (c_char_p, [c_int]),
        "ggml_blck_size": (c_int64, [c_int]),
        "ggml_type_size": (c_size_t, [c_int]),
        "gguf_init_from_file": (c_void_p, [c_char_p, Params]),
        "gguf_free": (None, [c_void_p]),
    }
    for name, (result, arguments) in types.items():
        function = getattr(functions, name)
        function.restype, function.argtypes = result, arguments
    return functions


def test_the_formats_are_those_of_the_library(library):
    found = {
        number: (
            library.ggml_type_name(number).decode().upper(),
            library.ggml_blck_size(number),
            library.ggml_type_size(number),
        )
        for number in NUMBERS
        if library.ggml_blck_size(number)  # else it was taken out
    }
    ours = {number: (kind.name.upper(), *kind[1:]) for number, kind in GGML_TYPES.items()}
    assert ours == found


def test_the_library_has_no_more_of_them(library, tmp_path):
    path = tmp_path / "model.gguf"

    def reads(number):
        """Whether the library reads a file with a tensor of this format."""
        path.write_bytes(made.gguf(tensors=[made.tensor("a", [256], 0, number)], content=1024))
        read = library.gguf_init_from_file(bytes(path), Params(no_alloc=True))
        library.gguf_free(read)
        return bool(read)

    assert reads(max(GGML_TYPES))
    assert not reads(max(GGML_TYPES) + 1)
