"""The tokens of one decode, in arrays that are made once and filled by numpy."""

from ctypes import POINTER, c_int8, c_int32, cast

import numpy as np

from hanabi_llama.structs import BatchStruct


class Batch:
    """Tokens to decode together: fill the first rows of the arrays, then set `size`.

    The rows of a sequence must stand in the order of their positions. Sequences should stand in
    ascending order and without gaps: the library sends neighbouring sequence ids through the
    weights together, and each gap costs another pass.

    Attributes:
        token: int32[capacity], the token ids.
        position: int32[capacity], each token's place in its sequence, from 0.
        sequence: int32[capacity], the slot that it belongs to.
        output: int8[capacity], 1 where the logits after this token are wanted.
    """

    def __init__(self, capacity: int) -> None:
        """Make arrays for at most `capacity` tokens."""
        if capacity < 1:
            raise ValueError(f"a batch holds at least 1 token; got {capacity}.")
        self.capacity = capacity
        self.token = np.zeros(capacity, dtype=np.int32)
        self.position = np.zeros(capacity, dtype=np.int32)
        self.sequence = np.zeros(capacity, dtype=np.int32)
        self.output = np.zeros(capacity, dtype=np.int8)
        # One sequence a token: each pointer leads to its own element of `sequence`.
        self._counts = np.ones(capacity, dtype=np.int32)
        self._pointers = self.sequence.ctypes.data + 4 * np.arange(capacity, dtype=np.uintp)
        integers = POINTER(c_int32)
        self.struct = BatchStruct(
            n_tokens=0,
            token=cast(self.token.ctypes.data, integers),
            embd=None,
            pos=cast(self.position.ctypes.data, integers),
            n_seq_id=cast(self._counts.ctypes.data, integers),
            seq_id=cast(self._pointers.ctypes.data, POINTER(integers)),
            logits=cast(self.output.ctypes.data, POINTER(c_int8)),
        )

    @property
    def size(self) -> int:
        """How many rows are filled, 0 to capacity."""
        size: int = self.struct.n_tokens
        return size

    @size.setter
    def size(self, size: int) -> None:
        if not 0 <= size <= self.capacity:
            raise ValueError(f"a batch of capacity {self.capacity} cannot hold {size} tokens.")
        self.struct.n_tokens = size
