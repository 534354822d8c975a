"""The matcher against str.find on the whole text, over every way to cut it into pieces."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hanabi.generation.stop import StopMatcher

LETTERS = st.sampled_from("ab")
STOPS = st.lists(st.text(LETTERS, min_size=1, max_size=5), min_size=1, max_size=4).map(tuple)


def text_before_stop(text, stop):
    """The reference: the text up to the stop string that is complete first."""
    ends = [text.find(string) + len(string) for string in stop if string in text]
    if not ends:
        return text
    end = min(ends)
    return text[: min(end - len(string) for string in stop if text[:end].endswith(string))]


def open_end(text, stop):
    """The longest end of the text that is the beginning, and not the whole, of a stop string."""
    beginnings = {string[:length] for string in stop for length in range(len(string))}
    return next(text[start:] for start in range(len(text) + 1) if text[start:] in beginnings)


@given(STOPS, st.lists(st.text(LETTERS, max_size=6), max_size=12))
@example(("abab", "ba"), ["ab", "a"])
@example(("abcd", "bc"), ["abcd"])
@example(("aab",), ["a", "a", "a", "a", "b"])
def test_result_does_not_depend_on_the_pieces(stop, pieces):
    matcher, text, given_out = StopMatcher(stop), "", ""
    for piece in pieces:
        text += piece
        given_out += matcher.add(piece)
        cut = text_before_stop(text, stop)
        assert matcher.matched == (cut != text)
        assert given_out == (cut if matcher.matched else text.removesuffix(open_end(text, stop)))
    assert given_out + matcher.flush() == text_before_stop(text, stop)


@pytest.mark.parametrize(
    ("stop", "pieces", "expected"),
    [
        (("\n\n",), ["a\n", "\nb"], ["a", ""]),
        (("END",), ["xE", "Ny", "z"], ["x", "ENy", "z"]),
        (("ab", "abc"), ["xabc"], ["x"]),
        (("bc", "abc"), ["xabc"], ["x"]),
        (("stop",), ["nonstop", "more"], ["non", ""]),
        (("aab",), ["aa", "a", "b"], ["", "a", ""]),
        (("🎆",), ["a🎆"], ["a"]),
    ],
)
def test_pieces_come_out_as_early_as_they_can(stop, pieces, expected):
    matcher = StopMatcher(stop)
    assert [matcher.add(piece) for piece in pieces] == expected


def test_what_is_held_comes_out_at_the_end_once():
    matcher = StopMatcher(("stop",))
    assert matcher.add("a sto") == "a "
    assert matcher.flush() == "sto"
    assert matcher.flush() == ""


def test_nothing_comes_after_a_match():
    matcher = StopMatcher(("x",))
    assert matcher.add("ax") == "a"
    assert matcher.add("more") == ""
    assert matcher.flush() == ""
