import signal

import pytest

from hanabi.engine.load_errors import named, refusal, refusal_of_death, speaks_of_memory
from hanabi.errors import HanabiError, UnavailableError, UnusableModelError


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (-signal.SIGSEGV, UnusableModelError, "signal 11 (SIGSEGV)"),
        (-signal.SIGFPE, UnusableModelError, "signal 8 (SIGFPE)"),
        (-signal.SIGKILL, UnavailableError, "signal 9 (SIGKILL)"),
        (-signal.SIGBUS, UnavailableError, "(SIGBUS)"),
        (-40, UnavailableError, "signal 40"),
        (1, UnavailableError, "exit code 1"),
        (None, UnavailableError, "exit code None"),
    ],
)
def test_a_death_lasts_where_the_file_can_be_its_cause(code, kind, words):
    error = refusal_of_death(code)
    assert type(error) is kind
    assert words in error.message


def test_a_name_changes_nothing_but_the_sentence():
    error = refusal("its tensors are missing.", lasting=True)
    changed = named(error, "accounts/a/models/m")
    assert (
        changed.message
        == "The model accounts/a/models/m cannot be loaded: its tensors are missing."
    )
    assert error.message == "The model cannot be loaded: its tensors are missing."
    assert (type(changed), changed.status, changed.param) == (UnusableModelError, 412, None)


def test_other_errors_are_left_alone():
    error = HanabiError("The queue is full.")
    assert named(error, "m") is error


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("mmap failed: Cannot allocate memory", True),
        ("failed to allocate buffer for kv cache", True),
        ("missing tensor 'token_embd.weight'", False),
    ],
)
def test_want_of_memory_is_told_from_want_of_tensors(reason, expected):
    assert speaks_of_memory(reason) is expected
