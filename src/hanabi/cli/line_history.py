"""The lines typed in earlier sessions, for the arrow keys."""

import contextlib
from collections.abc import Iterator

from platformdirs import user_state_path

MAX_LINES = 1000


@contextlib.contextmanager
def line_history() -> Iterator[None]:
    """Have `input` edit lines and remember them from session to session, where it can."""
    try:
        import readline  # noqa: PLC0415 - some builds of Python have none
    except ImportError:
        yield
        return
    path = user_state_path("hanabi") / "chat-history"
    with contextlib.suppress(OSError):
        readline.read_history_file(path)
    try:
        yield
    finally:
        readline.set_history_length(MAX_LINES)
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            readline.write_history_file(path)
