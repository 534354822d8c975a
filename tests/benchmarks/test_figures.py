import math

import pytest

from peers.exchange import Exchange
from peers.figures import Turn, figures, in_time, percentile


def turn(*exchanges, tokens):
    return Turn("side", "work", 0, exchanges, tokens, rss=3 * 2**20)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([7.0], 0.99, 7.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([1.0, 2.0], 0.5, 1.5),
        ([0.0, 10.0], 0.95, 9.5),
        ([0.0, 1.0, 2.0, 3.0, 4.0], 0.0, 0.0),
        ([0.0, 1.0, 2.0, 3.0, 4.0], 1.0, 4.0),
    ],
)
def test_percentiles_interpolate(values, share, expected):
    assert percentile(values, share) == pytest.approx(expected)


def test_a_percentile_of_nothing_is_no_number():
    assert math.isnan(percentile([], 0.5))


def test_a_turn_of_two_streams():
    # Both decode from 12.0 to 13.0: there the first has 2 texts and the second 2.
    first = Exchange(10.0, 13.1, (11.0, 12.0, 12.5, 13.0), ("abcd",), 4)
    second = Exchange(10.5, 14.0, (12.0, 12.4, 13.0, 14.0), ("abcd",), 4)
    found = figures(turn(first, second, tokens=(4, 4)))
    assert found["seconds"] == pytest.approx(4.0)
    assert found["tokens/s"] == pytest.approx(2.0)
    assert found["decode tokens/s"] == pytest.approx(4.0)
    assert found["requests/s"] == pytest.approx(0.5)
    assert found["TTFT p50"] == pytest.approx(1250.0)
    assert found["TTFT p95"] == pytest.approx(1475.0)
    assert found["ITL p50"] == pytest.approx(550.0)
    assert found["RSS MiB"] == pytest.approx(3.0)
    assert (found["failures"], found["refusals"]) == (0, 0)


def test_pieces_of_several_tokens_count_as_what_they_are():
    stream = Exchange(0.0, 3.0, (1.0, 2.0, 3.0), ("x",), 6)
    assert figures(turn(stream, tokens=(6,)))["decode tokens/s"] == pytest.approx(2.0)


def test_failures_and_refusals_are_told_apart():
    good = Exchange(0.0, 2.0, (1.0, 2.0), ("ab",), 2)
    broken = Exchange(0.0, 1.0, failure="500: no")
    refused = Exchange(0.0, 0.1, failure="refused")
    found = figures(turn(good, broken, refused, refused, tokens=(2, 0, 0, 0)))
    assert (found["failures"], found["refusals"]) == (1, 2)
    assert found["requests/s"] == pytest.approx(0.5)
    assert found["tokens/s"] == pytest.approx(1.0)


def test_a_turn_that_failed_as_a_whole_has_no_speed():
    found = figures(turn(Exchange(0.0, 0.1, failure="500: no"), tokens=(0,)))
    assert found == {"failures": 1, "refusals": 0, "RSS MiB": 3}


def test_streams_that_never_run_together_have_no_decode_speed():
    early = Exchange(0.0, 2.0, (1.0, 2.0), ("ab",), 2)
    late = Exchange(0.0, 5.0, (4.0, 5.0), ("ab",), 2)
    assert math.isnan(figures(turn(early, late, tokens=(2, 2)))["decode tokens/s"])


def test_a_tool_has_its_decode_speed_alone():
    assert figures(Turn("llama-bench", "work", 0, decode=80.0)) == {"decode tokens/s": 80.0}


@pytest.mark.parametrize(
    ("arrivals", "kept"),
    [
        ((1.9, 2.0, 2.1), True),
        ((2.1, 2.2, 2.3), False),
        ((1.0, 1.15, 1.4), True),
        ((1.0, 1.25, 1.5), False),
        ((1.0,), True),
        ((), False),
    ],
)
def test_a_reply_keeps_to_both_objectives_or_is_late(arrivals, kept):
    assert in_time(Exchange(0.0, 3.0, arrivals)) is kept
