"""Clearing a buffer by giving its pages back, which the system hands out again as zeros.

The library makes the KV cache whole at the start and clears it, which writes all of it: 5.6 GiB,
the bundled model's 32 slots, took 3 to 5 s, and memory for slots that are never used. Anonymous
memory is zero where it was not written to since it was given back, and costs nothing until then.
What a buffer does is in its table of functions (`ggml-backend-impl.h`), which its type fills in
where it is allocated.
"""

import mmap
import sys
from ctypes import CDLL, CFUNCTYPE, Structure, c_int, c_size_t, c_uint8, c_void_p, cast, memset
from typing import ClassVar

from hanabi_llama.errors import LibraryError

Allocate = CFUNCTYPE(c_void_p, c_void_p, c_size_t)
"""`ggml_backend_buffer_t (type, size)`: makes a buffer; NULL where there is no memory."""

Clear = CFUNCTYPE(None, c_void_p, c_uint8)
"""`void (buffer, value)`: sets every byte of a buffer."""

SMALLEST = 1024 * 1024
"""Bytes; in a smaller buffer all is written, which costs less than to ask for its pages again."""


class _BufferType(Structure):
    """`ggml_backend_buffer_type`: a table of 6 functions, its device, its own state."""

    _fields_: ClassVar = [
        ("name", c_void_p),
        ("allocate", c_void_p),
        ("after", c_void_p * 4),  # alignment, greatest size, size of a tensor, whether of the host
        ("device", c_void_p),
        ("context", c_void_p),
    ]


class _Buffer(Structure):
    """`ggml_backend_buffer`: a table of 11 functions, its type, its memory."""

    _fields_: ClassVar = [
        ("before", c_void_p * 9),  # free, base, six to set and read tensors, copy
        ("clear", c_void_p),
        ("reset", c_void_p),
        ("type", c_void_p),
        ("memory", c_void_p),
        ("size", c_size_t),
        ("usage", c_int),
    ]


class Clearing:
    """How the CPU's buffers of a library are cleared, from `attach` on.

    Attributes:
        cleared: bytes of all buffers that were cleared so far. The library clears what sequences
            keep, and the logits; not what it computes in.
    """

    def __init__(self) -> None:
        """Change nothing yet."""
        self.cleared = 0
        self._allocate = Allocate(self._make_buffer)
        self._clear = Clear(self._clear_buffer)
        self._madvise = CDLL(None).madvise
        self._madvise.argtypes = [c_void_p, c_size_t, c_int]

    def attach(self, library: CDLL) -> None:
        """Let the library's CPU buffers be cleared here; this object must outlive it.

        Where pages that were given back do not read as zeros, which POSIX leaves open, nothing
        changes. Raises LibraryError where a buffer does not look as it should.
        """
        if sys.platform != "linux":
            return
        address = library.ggml_backend_cpu_buffer_type()
        _check_layout(library, address)
        kind = _BufferType.from_address(address)
        self._make = Allocate(kind.allocate)  # the library's own
        kind.allocate = cast(self._allocate, c_void_p).value

    def _make_buffer(self, kind: int, size: int) -> int | None:
        address: int | None = self._make(kind, size)
        if address:
            _Buffer.from_address(address).clear = cast(self._clear, c_void_p).value
        return address

    def _clear_buffer(self, address: int, value: int) -> None:
        """Give whole pages back, and write what shares its page with other memory."""
        buffer = _Buffer.from_address(address)
        self.cleared += buffer.size
        start, end = buffer.memory, buffer.memory + buffer.size
        if buffer.size < SMALLEST:
            memset(start, value, buffer.size)
            return
        first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
        last = end // mmap.PAGESIZE * mmap.PAGESIZE
        if value or self._madvise(first, last - first, mmap.MADV_DONTNEED):
            memset(start, value, buffer.size)
            return
        memset(start, 0, first - start)
        memset(last, 0, end - last)


def _check_layout(library: CDLL, kind: int) -> None:
    """Make a small buffer and look at it."""
    size = 4096
    address = library.ggml_backend_buft_alloc_buffer(kind, size)
    try:
        buffer = _Buffer.from_address(address)
        seen = (buffer.type, buffer.memory, buffer.size)
        if seen != (kind, library.ggml_backend_buffer_get_base(address), size):
            raise LibraryError("the buffers of this llama.cpp are laid out differently.")
    finally:
        library.ggml_backend_buffer_free(address)
