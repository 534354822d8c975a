import pytest

from hanabi.cli import doctor as doctor_module
from hanabi.cli.checks import CHECKS, Finding


@pytest.fixture
def found(monkeypatch):
    """Put findings in place of the checks."""

    def put(**findings):
        checks = {name: (lambda _, f=finding: f) for name, finding in findings.items()}
        monkeypatch.setattr(doctor_module, "CHECKS", checks)

    return put


def test_each_finding_is_a_line(run, found):
    found(Port=Finding("good", "free"), Home=Finding("note", "[red]new[/red]"))
    code, output, _ = run("doctor")
    lines = [line.split() for line in output.splitlines()[1:]]
    assert code == 0
    assert lines == [["ok", "Port", "free"], ["look", "Home", "[red]new[/red]"]]


def test_a_bad_finding_is_the_exit_code(run, found):
    found(Port=Finding("good", "free"), Home=Finding("bad", "gone"))
    assert run("doctor")[0] == 1


def test_settings_reach_the_checks(run, monkeypatch):
    seen = []

    def look(settings):
        seen.append(settings)
        return Finding("good", "")

    monkeypatch.setattr(doctor_module, "CHECKS", {"Look": look})
    run("doctor", "--port", "9", "--slots", "3")
    assert (seen[0].port, seen[0].slots) == (9, 3)


def test_the_real_checks_all_answer(run, home):
    _, output, _ = run("doctor", "--port", "0")
    for name in CHECKS:
        assert name in output
    assert not home.exists()
