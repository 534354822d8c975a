"""Kernels of our own, attached to the library's CPU backend where the processor has what they need.

They are in native/kernels, compiled when the wheel is built, once for AVX-512 and once for AVX2:
products of a matrix (`matmul`) and attention (`attention`), both more exact than the library's.
Both builds give the same bits. Where they are missing, or cannot be used, the library computes all
by itself.
"""

import os
import sys
from collections.abc import Collection
from ctypes import CDLL, CFUNCTYPE, POINTER, Structure, byref, c_int32, c_uint32, c_void_p, cast
from pathlib import Path
from typing import ClassVar

from hanabi_llama.kernels import Kernels, backend_file, procedure
from hanabi_llama.seen import Seen, read_seen

OPERATIONS = frozenset({"matmul", "attention"})
"""What they can compute."""

BUILDS = {
    "avx512": {"AVX512", "AVX512_VNNI"},
    "avx2": {"AVX2", "FMA", "F16C"},
}
"""Build -> the features of the library's kernels without which it does not run; the best first."""

VARIABLE = "HANABI_LLAMA_KERNELS"
"""The environment variable that names a build, or says `library` where none is wanted."""

FOLDER = Path(__file__).parent / "lib"

TENSOR_OVERHEAD = 368
"""Bytes of a tensor and of its place in a context, as kernels/ggml.hpp has them."""


class _Functions(Structure):
    """`hanabi::Library`: what the kernels call, and the numbers of their operations."""

    _fields_: ClassVar = [
        ("barrier", c_void_p),
        ("chunk_set", c_void_p),
        ("chunk_add", c_void_p),
        ("bytes", c_void_p),
        ("mul_mat", c_int32),
        ("mul_mat_id", c_int32),
        ("get_rows", c_int32),
        ("flash_attention", c_int32),
        ("uses_matmul", c_int32),
        ("uses_attention", c_int32),
        ("has_amx", c_int32),
    ]


class OwnKernels:
    """The kernels of one process.

    Attributes:
        build: which of BUILDS they are; None where there are none.
        able: the operations that they can compute here: all or none.
        leaves_packing: whether the library packs weights itself, since it has tiles for AMX. Only
            the types that it packs as our kernels do are multiplied by them then.
    """

    def __init__(self, library: CDLL, kernels: Kernels) -> None:
        """Attach those that can run here, unless the environment says otherwise."""
        self.build: str | None = None
        self.able: frozenset[str] = frozenset()
        self.leaves_packing = False
        self._in_use: frozenset[str] = frozenset()
        features = set(kernels.features)
        build = _chosen(features)
        file = backend_file(library)
        if build is None or sys.platform != "linux" or file is None:
            return
        if library.ggml_tensor_overhead() != TENSOR_OVERHEAD:
            return
        try:
            backend = CDLL(os.fspath(file))  # loaded already
            functions = (
                backend.ggml_barrier,
                backend.ggml_threadpool_chunk_set,
                backend.ggml_threadpool_chunk_add,
                library.ggml_nbytes,
            )
            self._first = _first_extra_type(library)
        except (AttributeError, LookupError):
            return  # another build of the library, which keeps these to itself
        self._library = library
        self._own = CDLL(os.fspath(build_file(build)))
        self._own.hanabi_declined.restype = c_uint32
        self.leaves_packing = (
            build == "avx512"
            and "AMX_INT8" in features
            and library.ggml_backend_buft_name(self._first) == b"AMX"
        )
        self._functions = _Functions(
            *(cast(function, c_void_p).value for function in functions),
            mul_mat=_number(library, b"MUL_MAT"),
            mul_mat_id=_number(library, b"MUL_MAT_ID"),
            get_rows=_number(library, b"GET_ROWS"),
            flash_attention=_number(library, b"FLASH_ATTN_EXT"),
            has_amx=self.leaves_packing,
        )
        self.build, self.able = build, OPERATIONS
        self.use(() if os.environ.get(VARIABLE) == "library" else OPERATIONS)

    @property
    def in_use(self) -> frozenset[str]:
        """The operations that are theirs now."""
        return self._in_use

    def use(self, operations: Collection[str]) -> None:
        """Compute these operations, and leave others to the library; not during a decode.

        Without AMX the weights of a model that was loaded with `matmul` in use stay with it.

        Raises ValueError for what cannot run here.
        """
        if not self.able.issuperset(operations):
            able = ", ".join(sorted(self.able)) or "none"
            raise ValueError(f"operations with a kernel of ours here: {able}; got {operations}.")
        if not self.able:
            return
        self._functions.uses_matmul = "matmul" in operations
        self._functions.uses_attention = "attention" in operations
        self._own.hanabi_attach(c_void_p(self._first), byref(self._functions))
        self._in_use = frozenset(operations)

    def declined(self) -> int:
        """How often attention was asked for that is none of theirs: of another shape or kind."""
        return int(self._own.hanabi_declined()) if self._in_use else 0

    def seen(self) -> list[Seen]:
        """Which products and attentions were computed since `forget_seen`, and by whose kernels.

        A model whose products and attentions are all computed by ours gives the same bits however
        its tokens are cut into passes. Of all contexts of this process; not during a decode. Empty
        where there are no kernels of ours.
        """
        return read_seen(self._library, self._own) if self.able else []

    def forget_seen(self) -> None:
        """Begin anew with `seen`; not during a decode."""
        if self.able:
            self._own.hanabi_forget()


def build_file(build: str, folder: Path = FOLDER) -> Path:
    """The library of a build."""
    return folder / f"libhanabi-kernels-{build}.so"


def _chosen(features: set[str]) -> str | None:
    """The build that the environment names, or else the best; None where it cannot run here."""
    wanted = os.environ.get(VARIABLE)
    return next(
        (
            build
            for build, needed in BUILDS.items()
            if needed <= features
            and build_file(build).is_file()
            and wanted in (None, "", "library", build)
        ),
        None,
    )


def _first_extra_type(library: CDLL) -> int:
    """The address of the buffer type that the CPU backend asks first; LookupError without any."""
    listed = CFUNCTYPE(POINTER(c_void_p), c_void_p)(
        procedure(library, "ggml_backend_dev_get_extra_bufts")
    )(library.ggml_backend_dev_by_type(0))
    first: int | None = listed[0] if listed else None
    if not first:
        message = "the CPU backend has no extra buffer type"
        raise LookupError(message)
    return first


def _number(library: CDLL, name: bytes) -> int:
    """The number of an operation."""
    return next(number for number in range(256) if library.ggml_op_name(number) == name)
