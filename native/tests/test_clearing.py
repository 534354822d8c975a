import ctypes
import mmap
import resource
import sys
from pathlib import Path

import pytest

from hanabi_llama import LibraryError, load
from hanabi_llama.clearing import SMALLEST, Clearing

linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere buffers are written")


@pytest.fixture
def make_buffer():
    functions = load().functions
    made = []

    def make(size: int) -> tuple[int, ctypes.Array]:
        kind = functions.ggml_backend_cpu_buffer_type()
        made.append(functions.ggml_backend_buft_alloc_buffer(kind, size))
        start = functions.ggml_backend_buffer_get_base(made[-1])
        return made[-1], (ctypes.c_uint8 * size).from_address(start)

    yield make
    for buffer in made:
        functions.ggml_backend_buffer_free(buffer)


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.mark.parametrize("size", [1, SMALLEST - 1, SMALLEST, 3 * SMALLEST + 12_345])
@pytest.mark.parametrize("value", [0, 7])
def test_every_byte_has_the_value(make_buffer, size, value):
    buffer, memory = make_buffer(size)
    ctypes.memset(memory, 255, size)
    load().functions.ggml_backend_buffer_clear(buffer, value)
    assert bytes(memory) == bytes([value]) * size


def test_neighbours_are_left_alone(make_buffer):
    size = SMALLEST + 100
    made = [make_buffer(size) for _ in range(3)]
    for _, memory in made:
        ctypes.memset(memory, 255, size)
    load().functions.ggml_backend_buffer_clear(made[1][0], 0)
    assert bytes(made[0][1]) == bytes(made[2][1]) == b"\xff" * size


@linux
def test_a_cleared_buffer_takes_no_memory(make_buffer):
    size = 256 * SMALLEST
    before = resident_bytes()
    buffer, memory = make_buffer(size)
    load().functions.ggml_backend_buffer_clear(buffer, 0)
    assert resident_bytes() - before < size // 8
    ctypes.memset(memory, 255, size)
    assert resident_bytes() - before > size // 8 * 7
    load().functions.ggml_backend_buffer_clear(buffer, 0)
    assert resident_bytes() - before < size // 8


@linux
def test_memory_that_cannot_be_given_back_is_written(make_buffer, monkeypatch):
    size = SMALLEST + mmap.PAGESIZE
    buffer, memory = make_buffer(size)
    ctypes.memset(memory, 255, size)
    monkeypatch.setattr(load().clearing, "_madvise", lambda *_: -1)
    load().functions.ggml_backend_buffer_clear(buffer, 0)
    assert bytes(memory) == bytes(size)


@linux
def test_buffers_of_another_layout_are_refused():
    class Altered:
        def __getattr__(self, name):
            return getattr(load().functions, name)

        def ggml_backend_buffer_get_base(self, buffer):
            return load().functions.ggml_backend_buffer_get_base(buffer) + 8

    with pytest.raises(LibraryError, match="laid out differently"):
        Clearing().attach(Altered())
