"""Which operations of a model ran on kernels of our own, and which on the library's."""

from ctypes import CDLL, POINTER, Structure, c_char_p, c_int, c_int32, c_int64
from dataclasses import dataclass
from typing import ClassVar

MOST = 3 * 64 * 5
"""Entries that the kernels' table has, kernels/seen.cpp."""

REASONS = (
    "",
    "switched off",
    "type without a kernel",
    "shape without a kernel",
    "weights not packed",
)
"""By the numbers of `Reason` in kernels/seen.hpp."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An operation that was computed, for one type of weights.

    Attributes:
        operation: `MUL_MAT`, `MUL_MAT_ID` (products with the weights of experts) or
            `FLASH_ATTN_EXT`.
        weights: the type of the weights, or of the keys in the KV cache: `q4_K`, `f16`.
        reason: why the library computed it; empty where a kernel of our own did.
        shape: of the weights or the keys, the dimension whose elements are neighbours first; of
            the first such operation.
        rows: of inputs, or of queries, likewise.
    """

    operation: str
    weights: str
    reason: str
    shape: tuple[int, int, int, int]
    rows: int

    @property
    def is_own(self) -> bool:
        """Whether a kernel of our own computed it."""
        return not self.reason


class _Entry(Structure):
    """`hanabi::Seen`."""

    _fields_: ClassVar = [
        ("operation", c_int32),
        ("type", c_int32),
        ("reason", c_int32),
        ("padding", c_int32),
        ("shape", c_int64 * 4),
        ("rows", c_int64),
    ]


def read_seen(library: CDLL, own: CDLL) -> list[Seen]:
    """What the kernels took note of; not during a decode."""
    library.ggml_type_name.restype, library.ggml_type_name.argtypes = c_char_p, [c_int]
    own.hanabi_seen.argtypes = [POINTER(_Entry), c_int32]
    entries = (_Entry * MOST)()
    return [
        Seen(
            operation=library.ggml_op_name(entry.operation).decode(),
            weights=library.ggml_type_name(entry.type).decode(),
            reason=REASONS[entry.reason],
            shape=tuple(entry.shape),
            rows=entry.rows,
        )
        for entry in entries[: own.hanabi_seen(entries, MOST)]
    ]
