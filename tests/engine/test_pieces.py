from hypothesis import given
from hypothesis import strategies as st

from hanabi.engine.pieces import Pieces

tiles = st.builds(
    lambda short, parts, before: Pieces(short, short * parts, short * parts * before),
    st.integers(1, 5),
    st.integers(1, 4),
    st.integers(0, 4),
)


@given(pieces=tiles, length=st.integers(1, 200), spare=st.integers(0, 60))
def test_chunks_lay_a_prompt_out_and_every_whole_tile_of_it_is_tiled(pieces, length, spare):
    position, found = 0, set()
    while position < length:
        size = pieces.chunk(position, length - position, pieces.tile + spare)
        assert 1 <= size <= pieces.tile + spare
        if pieces.is_tiled(position, size):
            assert size % pieces.tile == 0
            found.update(range(position, position + size, pieces.tile))
        position += size
    assert position == length
    ends = range(pieces.tiles_from, length - pieces.tile + 1, pieces.tile)
    assert found == set(ends)


@given(pieces=tiles, count=st.integers(0, 40))
def test_a_tile_begins_wherever_a_piece_from_there_on_does(pieces, count):
    position = 0
    for _ in range(count):
        size = pieces.at(position)
        assert size == (pieces.tile if position >= pieces.tiles_from else pieces.short)
        position += size
    assert position < pieces.tiles_from or (position - pieces.tiles_from) % pieces.tile == 0
