from hypothesis import given
from hypothesis import strategies as st

from hanabi.engine.pieces import Pieces

cuts = st.builds(
    lambda size, tile, before, tiled: Pieces(size, tile, size * before, size * (before + tiled)),
    st.integers(1, 5),
    st.integers(1, 12),
    st.integers(0, 10),
    st.integers(0, 30),
)


@given(pieces=cuts, length=st.integers(1, 200), most=st.integers(1, 60), start=st.integers(0, 40))
def test_chunks_lay_a_prompt_out_and_the_tokens_between_the_borders_are_tiled(
    pieces, length, most, start
):
    position = min(start * pieces.size, length - 1)
    tiled, first = set(), position
    while position < length:
        size = pieces.chunk(position, length - position, most)
        assert 1 <= size <= most
        if pieces.is_tiled(position):
            tiled.update(range(position, position + size))
        position += size
    assert position == length
    between = range(pieces.tiles_from, min(pieces.tiles_to, length))
    assert tiled == {place for place in between if place >= first}
