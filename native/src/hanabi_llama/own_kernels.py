"""Kernels of our own, attached to the library's CPU backend where the processor has what they need.

They are in native/kernels, compiled when the wheel is built: products of a matrix (`matmul`), for
processors with AMX, which give the library's results to the bit, and attention (`attention`), for
those with AVX-512, which is more exact than the library's. Where they are missing, or cannot be
used, the library computes all by itself.
"""

import os
import sys
from collections.abc import Collection
from ctypes import CDLL, CFUNCTYPE, POINTER, Structure, byref, c_int32, c_uint32, c_void_p, cast
from pathlib import Path
from typing import ClassVar

from hanabi_llama.kernels import Kernels, backend_file, procedure

NEEDS = {"matmul": {"AVX512_VNNI", "AMX_INT8"}, "attention": {"AVX512"}}
"""Operation -> the features of the library's kernels without which ours do not run."""

OPERATIONS = {"matmul": b"MUL_MAT", "attention": b"FLASH_ATTN_EXT"}
"""Operation -> what the library calls it."""

VARIABLE = "HANABI_LLAMA_KERNELS"
"""The environment variable that says `library` where no kernels of ours are wanted."""

FILE = Path(__file__).parent / "lib" / "libhanabi-kernels.so"

TENSOR_OVERHEAD = 368
"""Bytes of a tensor and of its place in a context, as kernels/ggml.hpp has them."""

NOT_OURS = -1
"""The number of no operation."""


class _Functions(Structure):
    """`hanabi::Library`: what the kernels call, and the numbers of their operations."""

    _fields_: ClassVar = [
        ("barrier", c_void_p),
        ("chunk_set", c_void_p),
        ("chunk_add", c_void_p),
        ("mul_mat", c_int32),
        ("flash_attention", c_int32),
    ]


class OwnKernels:
    """The kernels of one process.

    Attributes:
        able: the operations that they can compute here.
    """

    def __init__(self, library: CDLL, kernels: Kernels) -> None:
        """Attach those that can run here, unless the environment says otherwise."""
        self.able: frozenset[str] = frozenset()
        self._in_use: frozenset[str] = frozenset()
        file = backend_file(library)
        if sys.platform != "linux" or not FILE.is_file() or file is None:
            return
        if library.ggml_tensor_overhead() != TENSOR_OVERHEAD:
            return
        self._own = CDLL(os.fspath(FILE))
        self._own.hanabi_declined.restype = c_uint32
        backend = CDLL(os.fspath(file))  # loaded already
        address = [
            cast(getattr(backend, name), c_void_p).value
            for name in ("ggml_barrier", "ggml_threadpool_chunk_set", "ggml_threadpool_chunk_add")
        ]
        self._functions = _Functions(*address, NOT_OURS, NOT_OURS)
        self._first = _first_extra_type(library)
        if not self._first:
            return
        self._numbers = {
            operation: _number(library, name) for operation, name in OPERATIONS.items()
        }
        features = set(kernels.features)
        self.able = frozenset(name for name, needed in NEEDS.items() if needed <= features)
        self.use(() if os.environ.get(VARIABLE) == "library" else self.able)

    @property
    def in_use(self) -> frozenset[str]:
        """The operations that are theirs now."""
        return self._in_use

    def use(self, operations: Collection[str]) -> None:
        """Compute these operations, and leave others to the library; not during a decode.

        Raises ValueError for what cannot run here.
        """
        if not self.able.issuperset(operations):
            able = ", ".join(sorted(self.able)) or "none"
            raise ValueError(f"operations with a kernel of ours here: {able}; got {operations}.")
        if not self.able:
            return
        wanted = [self._numbers[name] if name in operations else NOT_OURS for name in OPERATIONS]
        self._functions.mul_mat, self._functions.flash_attention = wanted
        self._own.hanabi_attach(c_void_p(self._first), byref(self._functions))
        self._in_use = frozenset(operations)

    def declined(self) -> int:
        """How often attention was asked for that is none of theirs: of another shape or kind."""
        return int(self._own.hanabi_declined()) if self._in_use else 0


def _first_extra_type(library: CDLL) -> int | None:
    """The address of the buffer type that the CPU backend asks first."""
    listed = CFUNCTYPE(POINTER(c_void_p), c_void_p)(
        procedure(library, "ggml_backend_dev_get_extra_bufts")
    )(library.ggml_backend_dev_by_type(0))
    first: int | None = listed[0]
    return first


def _number(library: CDLL, name: bytes) -> int:
    """The number of an operation."""
    return next(number for number in range(256) if library.ggml_op_name(number) == name)
