"""The decoder against a naive reading of the whole, however it is cut."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireworks.client.sse import SSEDecoder

LINE = st.one_of(
    st.sampled_from(
        ["data", "data:", "data: ", "data:  a", ":", ": comment", "event: x", "id", ""]
    ),
    st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=6).map(
        "data: ".__add__
    ),
    st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=6),
)
END = st.sampled_from(["\n", "\r", "\r\n"])
BODY = st.builds("".join, st.lists(st.builds("".join, st.tuples(LINE, END)), max_size=20))


def naive(text):
    """Every event's data, the whole text at once."""
    events, data = [], []
    lines = re.split("\r\n|\r|\n", text.removeprefix("\ufeff"))
    for line in lines[:-1]:
        field, _, value = line.partition(":")
        if line == "":
            events += ["\n".join(data)] if data else []
            data = []
        elif field == "data":
            data.append(value.removeprefix(" "))
    return events


@given(BODY, st.sampled_from(["", "\ufeff"]), st.data())
def test_any_chunking_equals_the_whole(text, mark, draw):
    content = (mark + text).encode()
    cuts = draw.draw(st.lists(st.integers(0, len(content)), max_size=30).map(sorted))
    decoder = SSEDecoder()
    pieces = [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    assert [event for piece in pieces for event in decoder.feed(piece)] == naive(mark + text)


@given(BODY)
def test_byte_by_byte(text):
    decoder = SSEDecoder()
    events = [event for byte in text.encode() for event in decoder.feed(bytes([byte]))]
    assert events == naive(text)


@pytest.mark.parametrize(
    ("content", "events"),
    [
        ("data: a\n\n", ["a"]),
        ("data:a\r\rdata: b\r\n\r\n", ["a", "b"]),
        ("data: a\ndata:  b\n\n", ["a\n b"]),
        (": ping\n\ndata: a\nevent: x\nid: 1\nretry: 2\n\n", ["a"]),
        ("data\n\n", [""]),
        ("data: a\n", []),
        ("\ufeffdata: 花\n\n", ["花"]),
        ("data: a\u2028b\x85\x0b\n\n", ["a\u2028b\x85\x0b"]),
    ],
)
def test_format(content, events):
    assert SSEDecoder().feed(content.encode()) == events
