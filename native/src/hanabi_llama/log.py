"""The last errors that llama.cpp logged, or warnings where it logged no error."""

from collections import deque
from ctypes import CDLL

from hanabi_llama.structs import LogCallback

WARNING = 3
"""`GGML_LOG_LEVEL_WARN`."""

ERROR = 4
"""`GGML_LOG_LEVEL_ERROR`."""

CONTINUED = 5
"""`GGML_LOG_LEVEL_CONT`: more of the text before, whatever that one's level was."""


class LogTail:
    """Keeps what llama.cpp logs at warning level or above, and silences the rest.

    The library calls it from any of its threads; ctypes takes the GIL for the call, and a deque
    needs no other lock. Lines of two models that load at the same time are not told apart.
    """

    def __init__(self, *, length: int = 40) -> None:
        """Keep the last `length` errors, and as many warnings."""
        self._errors: deque[str] = deque(maxlen=length)
        self._warnings: deque[str] = deque(maxlen=length)
        self._texts: deque[str] | None = None  # where the text goes that continues the last one
        self._callback = LogCallback(self._take)

    def attach(self, library: CDLL) -> None:
        """Make the library log here; this object must outlive it."""
        library.llama_log_set(self._callback, None)

    def clear(self) -> None:
        """Forget what was logged, before a call whose reasons are of interest."""
        self._errors.clear()
        self._warnings.clear()

    def reason(self) -> str:
        """What was logged since `clear`, in one line.

        Warnings are left out beside an error. The library warns of much that is no reason for a
        failure, such as a sliding window that it does not use.
        """
        lines = "".join(list(self._errors or self._warnings)).splitlines()
        return "; ".join(line.strip() for line in lines if line.strip())

    def _take(self, level: int, text: bytes | None, _: object) -> None:
        if level != CONTINUED:
            self._texts = {WARNING: self._warnings, ERROR: self._errors}.get(level)
        if self._texts is not None and text:
            self._texts.append(text.decode("utf-8", "replace"))
