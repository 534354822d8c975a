"""The threads that compute, and how eagerly they wait for work."""

import time
import weakref
from ctypes import CFUNCTYPE, POINTER, byref, c_void_p
from pathlib import Path

from hanabi_llama.kernels import procedure
from hanabi_llama.library import Library
from hanabi_llama.structs import MAX_THREADS, ThreadpoolParams

MAX_POLL = 100
"""The most eager waiting."""

TASKS = Path("/proc/self/task")
"""Where Linux lists the threads of a process, by their ids."""

THREAD_CLOCK = 0b110
"""The low bits of Linux's clock of one thread's processor time; above them is its id, inverted."""


class Threadpool:
    """Threads of the kernel library, for one context.

    The thread that calls decode is one of them; `threads` - 1 are started. Between two decodes
    they spin for a while that grows with `poll`, then sleep. Within a decode they always spin.
    """

    def __init__(self, library: Library, *, threads: int, poll: int) -> None:
        """Start the threads.

        Args:
            library: the loaded library.
            threads: how many, the caller's included: 1 to 512.
            poll: 0 (sleep at once) to 100 (spin for long).
        """
        if not 1 <= threads <= MAX_THREADS:
            raise ValueError(f"threads must be 1 to {MAX_THREADS}; got {threads}.")
        if not 0 <= poll <= MAX_POLL:
            raise ValueError(f"poll must be 0 to {MAX_POLL}; got {poll}.")
        self.threads = threads
        functions = library.functions
        new = CFUNCTYPE(c_void_p, POINTER(ThreadpoolParams))(
            procedure(functions, "ggml_threadpool_new")
        )
        free = CFUNCTYPE(None, c_void_p)(procedure(functions, "ggml_threadpool_free"))
        params = ThreadpoolParams()
        functions.ggml_threadpool_params_init(byref(params), threads)
        params.poll = poll
        before = _tasks()
        self.handle: int = new(byref(params))
        self._clocks = [~task << 3 | THREAD_CLOCK for task in _tasks() - before]
        self._free = weakref.finalize(self, free, self.handle)
        self._free.atexit = False

    def processor_seconds(self) -> float:
        """What its threads and the calling one have spent so far; differences of it have a meaning.

        By each thread's own clock, where there is one (Linux). That of the process counts what
        threads do on other processors only at the next tick, up to 4 ms later: of a decode of 4 ms
        it misses a quarter, which falls into the time behind it.

        Call it before `close`.
        """
        if len(self._clocks) != self.threads - 1:
            return time.process_time()
        return time.thread_time() + sum(map(time.clock_gettime, self._clocks))

    def close(self) -> None:
        """Stop the threads; no context may use them any more. Closing twice does nothing more."""
        self._free()


def _tasks() -> set[int]:
    """The ids of this process's threads, where the system lists them."""
    return {int(task.name) for task in TASKS.iterdir()} if TASKS.is_dir() else set()
