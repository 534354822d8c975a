"""The set-up script's rules, with steps that only note that they ran; nothing is installed."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def script(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("set_up", ROOT / "scripts" / "set_up.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "set_up", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "STAMPS", tmp_path / ".venv" / ".set-up")
    monkeypatch.setattr(module, "LOG", tmp_path / ".cache" / "set-up.log")
    return module


@pytest.fixture
def ran(script, tmp_path, monkeypatch):
    """The names of the steps that ran, over three steps: environment, one and two."""
    names = []

    def clear(_show):
        names.append("environment")
        for stamp in script.STAMPS.glob("*"):
            stamp.unlink()

    def step(name):
        path = tmp_path / f"{name}.txt"
        path.write_text("1")
        return script.Step(name, name, (path,), lambda _show: names.append(name))

    environment = script.Step("environment", "environment", (), clear)
    monkeypatch.setattr(script, "steps", lambda _goal: [environment, step_one, step_two])
    step_one, step_two = step("one"), step("two")
    return names


def test_a_second_run_does_nothing(script, ran, capsys):
    script.set_up("runtime")
    assert ran == ["environment", "one", "two"]
    capsys.readouterr()
    script.set_up("runtime")
    assert ran == ["environment", "one", "two"]
    assert capsys.readouterr().out == ""


def test_only_the_step_of_a_changed_file_runs_again(script, ran, tmp_path):
    script.set_up("runtime")
    ran.clear()
    (tmp_path / "two.txt").write_text("2")
    script.set_up("runtime")
    assert ran == ["two"]


@pytest.mark.parametrize(
    ("ending", "runs"),
    [("interrupted", ["environment", "one", "two"]), ("failed", ["two"])],
)
def test_what_the_run_after_a_bad_end_repeats(script, ran, monkeypatch, ending, runs):
    error = {"interrupted": KeyboardInterrupt, "failed": script.StepError}[ending]
    environment, one, two = script.steps("runtime")

    def end_badly(_show):
        raise error

    broken = script.Step("two", "two", two.inputs, end_badly)
    with monkeypatch.context() as patch:
        patch.setattr(script, "steps", lambda _goal: [environment, one, broken])
        with pytest.raises(error):
            script.set_up("runtime")
    ran.clear()
    script.set_up("runtime")
    assert ran == runs


def test_another_python_begins_everything_anew(script, ran, monkeypatch):
    script.set_up("runtime")
    ran.clear()
    monkeypatch.setattr(sys, "version", "3.99.0")
    script.set_up("runtime")
    assert ran == ["environment", "one", "two"]


def test_a_moved_checkout_begins_everything_anew(script, ran, tmp_path, monkeypatch):
    before = script.steps("runtime")[0].digest()
    monkeypatch.setattr(script, "ROOT", tmp_path.parent)
    assert script.steps("runtime")[0].digest() != before


def test_a_failed_command_is_told_by_its_end_and_logged_whole(script):
    script.LOG.parent.mkdir()
    noisy = "for i in range(100): print('line', i, flush=True)\nraise SystemExit('no such package')"
    shown = []
    with pytest.raises(script.StepError) as caught:
        script.run([sys.executable, "-c", noisy], shown.append)
    assert str(caught.value).endswith("no such package\n")
    assert "line 99" in str(caught.value)
    assert "line 10\n" not in str(caught.value)
    assert script.LOG.read_text().startswith("line 0\nline 1\n")
    assert "line 0" in shown


def test_serving_needs_no_test_tools(script, monkeypatch):
    monkeypatch.setattr(script, "ROOT", ROOT)
    inputs = [path.name for step in script.steps("runtime") for path in step.inputs]
    assert "runtime.txt" in inputs
    assert "dev.txt" not in inputs


def test_each_lock_file_is_an_input_of_one_step(script, monkeypatch):
    monkeypatch.setattr(script, "ROOT", ROOT)
    every = sorted((ROOT / "requirements").glob("*.txt"))
    locks = [path for path in every if not path.name.startswith("peer-")]  # test_set_up_peers.py
    inputs = [path for step in script.steps("reference") for path in step.inputs]
    assert sorted(path for path in inputs if path.suffix == ".txt") == locks


def test_each_client_gets_an_environment_of_its_own(script, monkeypatch):
    commands = []
    monkeypatch.setattr(script, "run", lambda command, _show: commands.append(command))
    for name in script.CLIENTS:
        script.client(name)(print)
    made, filled = commands[::2], commands[1::2]
    environments = [command[-1] for command in made]
    assert environments == [str(script.VENV / name) for name in script.CLIENTS]
    for environment, name, command in zip(environments, script.CLIENTS, filled, strict=True):
        assert command[command.index("--python") + 1] == f"{environment}/bin/python"
        assert command[-2:] == ["-r", str(script.lock(name))]
        assert "--require-hashes" in command
