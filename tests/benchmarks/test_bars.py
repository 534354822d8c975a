import pytest

from peers.bars import BEST, Bar, all_bars, judge
from peers.raw_tools import BENCH
from peers.workloads import QUICK, Sizes, all_workloads

SPEED = Bar("work", "tokens/s", "peer", 1.25)


def rounds(figure, *values):
    return [{figure: value} for value in values]


def judged(bar, ours, theirs, sides=()):
    measured = {("work", "hanabi"): rounds(bar.figure, *ours)}
    measured |= {("work", side): rounds(bar.figure, *values) for side, values in theirs.items()}
    return judge(bar, measured, "hanabi", sides)


def test_ratios_are_of_the_same_round_and_the_median_decides():
    one = judged(SPEED, (30.0, 20.0, 26.0), {"peer": (20.0, 20.0, 20.0)})
    assert one.ratios == pytest.approx((1.5, 1.0, 1.3))
    assert one.met is True
    assert judged(SPEED, (24.0,), {"peer": (20.0,)}).met is False


def test_less_is_better_where_the_bar_says_so():
    bar = Bar("work", "TTFT p50", "peer", 0.5, at_least=False)
    assert judged(bar, (40.0,), {"peer": (100.0,)}).met is True
    assert judged(bar, (60.0,), {"peer": (100.0,)}).met is False


def test_what_was_not_measured_is_neither_met_nor_missed():
    assert judged(SPEED, (30.0,), {}).met is None
    assert judged(SPEED, (float("nan"),), {"peer": (20.0,)}).met is None
    assert judged(SPEED, (30.0,), {"peer": (float("nan"),)}).met is None


def test_the_best_peer_is_the_one_that_is_hardest_to_beat():
    bar = Bar("work", "requests/s", BEST, 1.5)
    one = judged(bar, (30.0,), {"slow": (5.0,), "fast": (25.0,)}, sides=("slow", "fast", "none"))
    assert one.other == "fast"
    assert one.met is False


def test_sampled_streams_are_held_against_the_tool_that_decodes_greedily():
    bar = Bar("1 stream, sampled", "decode tokens/s", BENCH, 0.98)
    measured = {
        ("1 stream, sampled", "hanabi"): rounds("decode tokens/s", 99.0),
        ("1 stream, greedy", BENCH): rounds("decode tokens/s", 100.0),
    }
    assert judge(bar, measured, "hanabi", ()).ratios == pytest.approx((0.99,))


@pytest.mark.parametrize("sizes", [Sizes(), QUICK])
def test_every_bar_is_of_a_workload(sizes):
    names = {workload.name for workload in all_workloads(sizes)}
    assert {bar.workload for bar in all_bars(sizes.clients, sizes.scored)} <= names


def test_the_issues_table_is_complete():
    assert len(all_bars(32, 200)) == 22
