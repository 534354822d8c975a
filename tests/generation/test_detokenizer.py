"""Whatever the pieces, the text is that of the joined bytes, and comes in whole characters."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from hanabi.generation.detokenizer import Detokenizer

FRAGMENTS = st.one_of(
    st.binary(max_size=4),
    st.text(max_size=3).map(str.encode),
    st.sampled_from([b"\xe2", b"\x9c", b"\x93", b"\xf0\x9f", b"\x98\x80", b"\xed\xa0", b"\xc0"]),
)


def cut(whole, borders):
    edges = [0, *sorted(border % (len(whole) + 1) for border in borders), len(whole)]
    return [whole[start:end] for start, end in pairwise(edges)]


@given(st.lists(FRAGMENTS, max_size=12))
@example([b"\xe2", b"\x9c", b"\x93"])
@example([b"\xe2", b"", b"A"])
@example([b"\xf0\x90", b"\xf0\x90"])
def test_text_is_that_of_the_joined_bytes(pieces):
    detokenizer = Detokenizer()
    text = "".join([detokenizer.add(piece) for piece in pieces]) + detokenizer.flush()
    assert text == b"".join(pieces).decode("utf-8", "replace")
    assert detokenizer.length == len(text)


@given(
    st.text(alphabet=st.characters(exclude_characters="\ufffd", codec="utf-8")),
    st.lists(st.integers(0, 1000)),
)
def test_valid_text_has_no_replacement_character_however_it_is_cut(text, borders):
    detokenizer = Detokenizer()
    given_out = [detokenizer.add(piece) for piece in cut(text.encode(), borders)]
    assert "\ufffd" not in "".join(given_out)
    assert detokenizer.flush() == ""
    assert "".join(given_out) == text


@given(st.text(min_size=1), st.lists(st.integers(0, 1000)))
def test_nothing_complete_is_held_back(text, borders):
    detokenizer, seen, given_out = Detokenizer(), b"", ""
    for piece in cut(text.encode(), borders):
        seen += piece
        given_out += detokenizer.add(piece)
        assert given_out == seen.decode("utf-8", "ignore")


@given(st.lists(FRAGMENTS, max_size=12))
def test_an_offset_is_the_character_that_holds_the_first_byte(pieces):
    detokenizer, seen = Detokenizer(), b""
    for piece in pieces:
        if piece:
            through_first_byte = (seen + piece[:1]).decode("utf-8", "replace")
            assert detokenizer.offset_of(piece) == len(through_first_byte) - 1
        else:
            assert detokenizer.offset_of(piece) == detokenizer.length
        seen += piece
        detokenizer.add(piece)


def test_flush_ends_one_text():
    detokenizer = Detokenizer()
    assert detokenizer.add(b"a\xe2\x9c") == "a"
    assert detokenizer.flush() == "\ufffd"
    assert detokenizer.flush() == ""
    assert detokenizer.add(b"\x93") == "\ufffd"
