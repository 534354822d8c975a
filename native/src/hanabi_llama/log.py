"""The last warnings and errors that llama.cpp logged."""

from collections import deque
from ctypes import CDLL

from hanabi_llama.structs import LogCallback

WARNING = 3
"""`GGML_LOG_LEVEL_WARN`; errors are above it."""

CONTINUED = 5
"""`GGML_LOG_LEVEL_CONT`: more of the text before, whatever that one's level was."""


class LogTail:
    """Keeps what llama.cpp logs at warning level or above, and silences the rest.

    The library calls it from any of its threads; ctypes takes the GIL for the call, and a deque
    needs no other lock. Lines of two models that load at the same time are not told apart.
    """

    def __init__(self, *, length: int = 40) -> None:
        """Keep the last `length` texts."""
        self._texts: deque[str] = deque(maxlen=length)
        self._keeping = False
        self._callback = LogCallback(self._take)

    def attach(self, library: CDLL) -> None:
        """Make the library log here; this object must outlive it."""
        library.llama_log_set(self._callback, None)

    def clear(self) -> None:
        """Forget what was logged, before a call whose reasons are of interest."""
        self._texts.clear()

    def reason(self) -> str:
        """What was logged since `clear`, in one line."""
        lines = "".join(list(self._texts)).splitlines()
        return "; ".join(line.strip() for line in lines if line.strip())

    def _take(self, level: int, text: bytes | None, _: object) -> None:
        if level != CONTINUED:
            self._keeping = level >= WARNING
        if self._keeping and text:
            self._texts.append(text.decode("utf-8", "replace"))
