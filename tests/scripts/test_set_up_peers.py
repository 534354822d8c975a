"""The rules by which peers are set up, with steps that only note that they ran."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(name, monkeypatch):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def base(monkeypatch, tmp_path):
    module = load("set_up", monkeypatch)
    monkeypatch.setattr(module, "STAMPS", tmp_path / "stamps")
    return module


@pytest.fixture
def script(base, tmp_path, monkeypatch):
    module = load("set_up_peers", monkeypatch)
    monkeypatch.setattr(module, "PEERS", tmp_path / "peers")
    return module


@pytest.fixture
def ran(script, monkeypatch):
    """The names of the peers that were set up, of two; those in the second set cannot be had."""
    names, broken = [], set()

    def step(name):
        def work(_show):
            names.append(name)
            if name in broken:
                raise script.StepError("much output\nno such wheel\n")
            (script.PEERS / name).mkdir(exist_ok=True)

        return script.PeerStep(name, name, (), work)

    peers = [step("one"), step("two")]
    monkeypatch.setattr(script, "steps", lambda: peers)
    return names, broken


def test_a_peer_that_cannot_be_had_stops_no_other_and_leaves_its_reason(script, ran):
    names, broken = ran
    broken.add("one")
    script.set_up([])
    assert names == ["one", "two"]
    assert (script.PEERS / "one.missing").read_text() == "no such wheel\n"
    assert not (script.PEERS / "two.missing").exists()


def test_what_is_there_is_left_alone_and_what_failed_is_tried_again(script, ran):
    names, broken = ran
    broken.add("one")
    script.set_up([])
    broken.clear()
    script.set_up([])
    assert names == ["one", "two", "one"]
    assert not (script.PEERS / "one.missing").exists()


def test_a_peer_whose_folder_has_gone_is_set_up_again(script, ran):
    names, _ = ran
    script.set_up([])
    (script.PEERS / "two").rmdir()
    script.set_up([])
    assert names == ["one", "two", "two"]


def test_one_peer_can_be_named(script, ran):
    script.set_up(["two"])
    assert ran[0] == ["two"]


def test_each_lock_of_a_peer_is_an_input_of_a_step(script):
    locks = {path for step in script.steps() for path in step.inputs if path.suffix == ".txt"}
    assert locks == set((ROOT / "requirements").glob("peer-*.txt"))


def test_the_sources_come_by_the_locks_version_and_hashes(script):
    wanted = "two[server]==2 ; x \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    text = f"one==1 \\\n    --hash=sha256:aa\n{wanted}    # via -r two.in\nthree==3\n"
    assert script.locked_lines(text, "two") == wanted
    with pytest.raises(script.StepError, match="four"):
        script.locked_lines(text, "four")


def test_the_barrier_stands_before_the_tiles_are_configured(script):
    source = f"    tc.rows[0] = 8;\n{script.TILES}    done = true;\n"
    mended = script.with_barrier(source)
    assert mended == f"    tc.rows[0] = 8;\n{script.BARRIER}{script.TILES}    done = true;\n"
    with pytest.raises(script.StepError):
        script.with_barrier("nothing of the kind")
