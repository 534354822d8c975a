from xml.etree import ElementTree as ET

import pytest

from peers.svg import LEFT, RIGHT, WIDTH, bar_chart

SVG = "{http://www.w3.org/2000/svg}"
GROUPS = [
    ("8 streams <greedy>", [("hanabi", 200.0, 190.0, 250.0), ("llama-server", 100.0, 90.0, 110.0)]),
    ("multi-turn", [("llama-server", 50.0, 50.0, 50.0)]),
]


def parsed(groups):
    return ET.fromstring(bar_chart("Speed & more", groups, "tokens/s"))  # noqa: S314 - our own


@pytest.fixture
def drawn():
    return parsed(GROUPS)


def test_bars_are_as_long_as_their_values(drawn):
    _, *bars = [float(bar.get("width")) for bar in drawn.iter(f"{SVG}rect")]
    assert bars[0] == pytest.approx((WIDTH - LEFT - RIGHT) * 200 / 250, abs=0.1)
    assert bars[1] == pytest.approx(bars[0] / 2, abs=0.1)
    assert bars[2] == pytest.approx(WIDTH - LEFT - RIGHT, abs=0.1), "a scale of its own"


def test_a_side_has_the_same_colour_in_every_group(drawn):
    _, ours, theirs, again = [bar.get("fill") for bar in drawn.iter(f"{SVG}rect")]
    assert ours != theirs
    assert theirs == again


def test_names_are_text_and_no_markup(drawn):
    words = [text.text for text in drawn.iter(f"{SVG}text")]
    assert "8 streams <greedy>" in words
    assert {"Speed & more", "hanabi", "200", "50"} <= set(words)


def test_everything_lies_within_the_picture(drawn):
    height = float(drawn.get("height"))
    assert max(float(text.get("y")) for text in drawn.iter(f"{SVG}text")) < height


@pytest.mark.parametrize("groups", [[], [("idle", [("hanabi", 0.0, 0.0, 0.0)])]])
def test_nothing_to_show_is_a_picture_too(groups):
    assert parsed(groups).tag == f"{SVG}svg"
