import json
import math

import pytest

from peers import outcome
from peers.outcome import Outcome
from peers.workloads import Sizes

GREEDY = "8 streams, greedy"


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(outcome, "RESULTS", tmp_path)
    return tmp_path


@pytest.fixture
def measured(results):
    found = Outcome(Sizes(), {"rounds": 2})
    found.sides = {"hanabi": "ours", "llama-server": "theirs"}
    found.missing = {"vllm": "too large"}
    for ours, theirs in ((130.0, 100.0), (120.0, 100.0)):
        found.add(GREEDY, "hanabi", {"tokens/s": ours, "TTFT p50": math.nan, "failures": 0.0})
        found.add(GREEDY, "llama-server", {"tokens/s": theirs, "TTFT p50": 9.0, "failures": 1.0})
    return found


def test_the_table_says_what_was_met_and_what_was_not_measured(measured, results):
    measured.publish()
    lines = (results / "peers.md").read_text().splitlines()
    (bar,) = [line for line in lines if line.startswith(f"| {GREEDY} | tokens/s")]
    assert bar.endswith("| 1.25 (1.20 - 1.30) | >= 1.25 | met |")
    assert "| multi-turn | TTFT p50 | hanabi | llama-server | not measured | <= 1 |  |" in lines
    assert "- **vllm** is missing: too large" in lines
    assert "| hanabi | 125 (120 - 130) |  | 0 (0 - 0) |" in lines


def test_json_has_every_round_and_no_nan(measured, results):
    measured.publish()
    found = json.loads((results / "peers.json").read_text())
    ours = found["measured"][0]
    assert (ours["workload"], ours["side"]) == (GREEDY, "hanabi")
    assert [one["tokens/s"] for one in ours["rounds"]] == [130.0, 120.0]
    assert ours["rounds"][0]["TTFT p50"] is None
    assert {"date", "processor", "commit", "rounds"} <= set(found["facts"])


def test_the_mock_engines_bars_come_from_their_own_benchmark(measured, results):
    lines = [
        {"figure": "requests/s", "api": [900.0, 950.0], "median_ratio": 0.1},
        {"figure": "streamed chunks/s", "api": [50_000.0], "median_ratio": 0.6},
    ]
    (results / "api_ceiling.json").write_text(json.dumps({"measured": lines}))
    measured.publish()
    text = (results / "peers.md").read_text()
    requests, chunks = (line for line in text.splitlines() if line.startswith("| mock engine"))
    assert requests.endswith("MISSED |")
    assert chunks.endswith("met |")


def test_a_run_that_was_interrupted_at_once_still_writes_its_files(results):
    Outcome(Sizes(), {}).publish()
    assert sorted(path.name for path in results.iterdir()) == [
        "peers-first-token.svg",
        "peers-speed.svg",
        "peers.json",
        "peers.md",
    ]


def test_the_avx2_pair_is_judged_by_the_same_bars(measured):
    for side, speed in (("hanabi avx2", 100.0), ("llama-server avx2", 50.0)):
        measured.sides[side] = side
        measured.add(GREEDY, side, {"tokens/s": speed})
    (one,) = [one for ours, one in measured.judged() if ours == "hanabi avx2"]
    assert (one.other, one.ratios, one.met) == ("llama-server avx2", (2.0,), True)
