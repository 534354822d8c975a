import sys
import types

import pytest

from hanabi import __version__
from hanabi.errors import InvalidRequestError


def test_the_version(run):
    assert run("--version") == (0, f"hanabi {__version__}\n", "")


def test_help_names_the_commands(run):
    code, output, _ = run("--help")
    assert code == 0
    assert "serve" in output
    assert "doctor" in output


def test_without_a_command_help_is_shown(run):
    code, output, errors = run()
    assert code == 2
    assert "Usage: hanabi" in output + errors


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["frob"], "hanabi: No such command 'frob'."),
        (["serve", "--frob"], "hanabi: No such option '--frob'."),
        (
            ["serve", "--port", "99999"],
            "hanabi: --port must be a whole number from 0 to 65535: '99999'",
        ),
        (
            ["serve", "--model", "/nowhere/x.gguf"],
            "hanabi: Invalid value for '--model': File '/nowhere/x.gguf' does not exist.",
        ),
    ],
)
def test_a_users_error_is_one_line(run, arguments, sentence):
    assert run(*arguments) == (2, "", sentence + "\n")


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (InvalidRequestError("two\nlines"), 2, "hanabi: two lines\n"),
        (
            PermissionError(13, "Permission denied", "/x"),
            2,
            "hanabi: [Errno 13] Permission denied: '/x'\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_a_command_raises(run, monkeypatch, error, code, text):
    def fail(_settings, _model, **_):
        raise error

    app = types.ModuleType("hanabi.app")
    app.serve = fail
    monkeypatch.setitem(sys.modules, "hanabi.app", app)
    monkeypatch.setattr("hanabi.app", app, raising=False)
    status, _, errors = run("serve")
    assert status == code
    assert errors.strip() == text.strip()


def test_a_long_error_stays_on_its_line(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    _, _, errors = run("serve", "--model", "/nowhere/" + "x" * 100)
    assert errors.count("\n") == 1


def test_markup_in_an_error_is_plain_text(run):
    assert "[bold]" in run("serve", "--port", "[bold]")[2]
