"""Where the cells of a saved window lie, on states written by hand."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi_llama.errors import ContextError
from hanabi_llama.window_state import BLOCK, aligned

KEY, VALUE = 1, 8
"""Numbers of element types, as the library writes them before a layer's rows."""


def state(
    positions: range,
    layers: list[tuple[int, int | None]],
    *,
    streams: int = 3,
    stream: int = 1,
    empty: int = 0,
    by_element: bool = False,
) -> bytes:
    """The state of a sequence: layers with bytes of a key and a value (None: it has no values).

    The first `empty` cells hold zeros; a byte of the others tells its position.
    """
    parts = [struct.pack("<I", streams)]
    for number in range(streams):
        if number != stream:
            parts.append(struct.pack("<I", 0))
            continue
        parts.append(struct.pack("<I", len(positions)))
        parts += [struct.pack("<iIi", position, 1, stream) for position in positions]
        parts.append(struct.pack("<II", by_element, len(layers)))
        for kind, sizes in ((KEY, [key for key, _ in layers]), (VALUE, [v for _, v in layers])):
            for size in sizes:
                if size is None:
                    continue
                parts.append(struct.pack("<iQ", kind, size))
                parts += [
                    bytes([0 if index < empty else 1 + position % 255]) * size
                    for index, position in enumerate(positions)
                ]
    return b"".join(parts)


def as_array(state: bytes) -> np.ndarray:
    return np.frombuffer(state, np.uint8)


rows = st.tuples(st.integers(1, 9), st.none() | st.integers(1, 9))


@given(
    first=st.integers(0, 300),
    count=st.integers(1, 70),
    layers=st.lists(rows, min_size=1, max_size=3),
    place=st.integers(1, 4).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))),
)
def test_each_cell_keeps_its_place_in_its_block(first, count, layers, place):
    streams, stream = place
    empty = first % BLOCK
    saved = state(range(first, first + count), layers, streams=streams, stream=stream)
    expected = state(
        range(first - empty, first + count), layers, streams=streams, stream=stream, empty=empty
    )
    assert aligned(as_array(saved)).tobytes() == expected


def test_a_sequence_without_cells_stays_as_it_is():
    saved = struct.pack("<III", 2, 0, 0)
    assert aligned(as_array(saved)).tobytes() == saved


def test_values_by_element_stay_as_they_are():
    saved = state(range(70, 90), [(4, 4)], by_element=True)
    assert aligned(as_array(saved)).tobytes() == saved


def test_what_the_library_does_not_write_is_refused():
    whole = state(range(70, 90), [(4, 4)])
    with pytest.raises(ContextError, match="ends too early"):
        aligned(as_array(whole[:-30]))
    gap = state(range(70, 90, 2), [(4, 4)])
    with pytest.raises(ContextError, match="do not follow each other"):
        aligned(as_array(gap))
