"""The threads that compute, and how eagerly they wait for work."""

import weakref
from ctypes import CFUNCTYPE, POINTER, byref, c_void_p

from hanabi_llama.kernels import procedure
from hanabi_llama.library import Library
from hanabi_llama.structs import MAX_THREADS, ThreadpoolParams

MAX_POLL = 100
"""The most eager waiting."""


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
        self.handle: int = new(byref(params))
        self._free = weakref.finalize(self, free, self.handle)
        self._free.atexit = False

    def close(self) -> None:
        """Stop the threads; no context may use them any more. Closing twice does nothing more."""
        self._free()
