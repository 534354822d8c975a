"""The saved state of a sequence in a model with a sliding window, and where its cells will lie.

A saved sequence lacks the cells that the window hides from its last position, and the library puts
those that are left at the beginning of the cache when it loads them. Attention adds up the cells in
blocks, so a sequence that was saved and loaded would be computed in other sums than one that was
not. `aligned` puts empty cells before the window's, as many as keep each cell's place in its block.

The format is that of `llama_kv_cache::state_write` in llama.cpp v0.5.0: streams, cells, layers.
"""

import numpy as np
from numpy.typing import NDArray

from hanabi_llama.errors import ContextError

BLOCK = 64
"""Cells that attention adds up together; see `kernels/attention.cpp`."""

Bytes = NDArray[np.uint8]

_CELL = np.dtype([("position", "<i4"), ("sequences", "<u4"), ("sequence", "<i4")])
"""What stands for each cell: its position, and the one sequence that it belongs to."""


class _Reader:
    """Takes a state apart from its beginning."""

    def __init__(self, state: Bytes) -> None:
        self._state = state
        self._at = 0

    @property
    def left(self) -> int:
        """The bytes that are still to be taken."""
        return self._state.size - self._at

    def take(self, size: int) -> Bytes:
        """The next bytes."""
        if size > self.left:
            raise ContextError("the state of a sequence ends too early.")
        taken = self._state[self._at : self._at + size]
        self._at += size
        return taken

    def number(self, kind: str) -> int:
        """The next number of a numpy type."""
        return int(self.take(np.dtype(kind).itemsize).view(kind)[0])


def aligned(part: Bytes) -> Bytes:
    """The windowed layers' part of a saved sequence, uint8[size], with empty cells before its own.

    Their positions are those before the first cell, which the window hides from every later token.
    A state with values stored by element, as without flash attention, stays as it is: the library
    computes its attention in sums of another kind anyway.

    Raises ContextError where the part is not what the library writes.
    """
    reader = _Reader(part)
    streams = reader.number("<u4")
    result = [part[:4]]
    for stream in range(streams):
        count = reader.number("<u4")
        if not count:
            result.append(_bytes(count, "<u4"))
            continue
        cells = reader.take(count * _CELL.itemsize).view(_CELL)
        if (cells["sequences"] != 1).any() or (np.diff(cells["position"]) != 1).any():
            raise ContextError("the cells of a saved sequence do not follow each other.")
        first = int(cells["position"][0])
        empty = first % BLOCK
        is_by_element, layers = reader.number("<u4"), reader.number("<u4")
        if is_by_element or not empty:
            return part
        before = np.zeros(empty, _CELL)
        before["position"] = np.arange(first - empty, first)
        before["sequences"] = 1
        before["sequence"] = cells["sequence"][0]
        result += [
            _bytes(count + empty, "<u4"),
            before.view(np.uint8),
            cells.view(np.uint8),
            _bytes(is_by_element, "<u4"),
            _bytes(layers, "<u4"),
        ]
        # Keys of every layer, then values of those that have any; the other streams have no cells.
        while reader.left > 4 * (streams - stream - 1):
            header = reader.take(12)
            row = int(header[4:].view("<u8")[0])
            result += [header, np.zeros(empty * row, np.uint8), reader.take(count * row)]
    return np.concatenate(result)


def _bytes(number: int, kind: str) -> Bytes:
    return np.array([number], kind).view(np.uint8)
