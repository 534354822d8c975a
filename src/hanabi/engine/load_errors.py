"""Why weights could not be loaded, and whether another try may go better."""

import copy
import signal

from hanabi.errors import HanabiError, UnavailableError, UnusableModelError

OF_THE_FILE = frozenset({signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV})
"""Signals that the library ends its process with over what a file says. Others come from outside,
such as SIGKILL for want of memory, or from a disk that fails, as SIGBUS."""

_SUBJECT = "The model"
_START = f"{_SUBJECT} cannot be loaded: "


class WeightsError(ValueError):
    """llama.cpp cannot run these weights, however often it tries; the message says why."""


def refusal(reason: str, *, lasting: bool) -> HanabiError:
    """The error of a model that cannot be loaded.

    Args:
        reason: a sentence, or a clause and its full stop.
        lasting: whether the weights are at fault, so that no other try goes better.
    """
    return (UnusableModelError if lasting else UnavailableError)(f"{_START}{reason}")


def refusal_of_death(code: int | None) -> HanabiError:
    """The error of a model whose engine process ended with this code while it loaded."""
    reason = f"the engine process died while it loaded the weights: {_cause(code)}."
    return refusal(reason, lasting=code is not None and -code in OF_THE_FILE)


def named(error: HanabiError, name: str) -> HanabiError:
    """The same error with the model's name, where it tells of a model that cannot be loaded."""
    if not error.message.startswith(_START):
        return error
    changed = copy.copy(error)
    changed.message = f"{_SUBJECT} {name}{error.message.removeprefix(_SUBJECT)}"
    changed.args = (changed.message,)
    return changed


def speaks_of_memory(reason: str) -> bool:
    """Whether the library's reason is that it got no memory, which it may get another time."""
    return "memory" in reason.lower() or "alloc" in reason.lower()


def _cause(code: int | None) -> str:
    """How a process ended, in words."""
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {-code} ({signal.Signals(-code).name})"
    except ValueError:  # a real-time signal
        return f"signal {-code}"
