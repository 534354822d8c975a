"""Which attention kernel a pass takes, so that logits do not depend on how tokens are cut.

The library's flash attention has three kernels, which round differently: one for a lone sequence's
one token at 512 tokens of context or more (split), one for passes of 64 tokens or more of a
sequence (tiled), and one for the rest (plain). A CPU backend in its reference mode keeps to the
plain one, whatever the pass. So whoever wants the plain kernel for all passes but those that he
names sets that mode for them; and only where another kernel would be taken, since the mode gives up
fused operations as well, 5 % of a lone sequence's step.

The mode is one of the backend of a context, which the library makes and does not give out; so it is
caught where it is made, in the device's table of functions (`ggml-backend-impl.h`).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CDLL, CFUNCTYPE, POINTER, Structure, c_bool, c_char_p, c_void_p, cast
from typing import ClassVar

import numpy as np

from hanabi_llama.batch import Batch
from hanabi_llama.errors import LibraryError
from hanabi_llama.kernels import cpu_backend, procedure

CPU = 0
"""`GGML_BACKEND_DEVICE_TYPE_CPU`."""

TILE = 64
"""Tokens of a sequence in a pass from which the tiled kernel is taken."""

SURELY_SHORT = 128
"""A context that does not count as 512 tokens, wherever in the cache its tokens lie."""

InitBackend = CFUNCTYPE(c_void_p, c_void_p, c_char_p)
"""`ggml_backend_t (device, params)`: makes a backend of a device."""

_lock = threading.Lock()


class _Device(Structure):
    """`ggml_backend_device`: a table of 15 functions, the registry it belongs to, its own state."""

    _fields_: ClassVar = [
        ("before", c_void_p * 5),  # name, description, memory, type, properties
        ("init_backend", c_void_p),
        ("after", c_void_p * 9),
        ("registry", c_void_p),
        ("context", c_void_p),
    ]


class AttentionKernel:
    """The switch between the kernels, for backends that are made within `caught`."""

    def __init__(self, functions: CDLL) -> None:
        """Find the library's own switch. Raises LibraryError where its device looks different."""
        self._device = cast(functions.ggml_backend_dev_by_type(CPU), POINTER(_Device)).contents
        if self._device.registry != cpu_backend(functions):
            raise LibraryError("the CPU device of this llama.cpp is laid out differently.")
        self._use_reference = CFUNCTYPE(None, c_void_p, c_bool)(
            procedure(functions, "ggml_backend_cpu_set_use_ref")
        )
        self._backends: list[int] = []
        self._is_forced = False

    @contextmanager
    def caught(self) -> Iterator[None]:
        """CPU backends that are made within the block are those that are switched.

        Safe from any thread, one block at a time.
        """
        device = self._device
        with _lock:
            original = device.init_backend
            make = InitBackend(original)

            def make_and_keep(itself: int, params: bytes | None) -> int | None:
                backend: int | None = make(itself, params)
                if backend:
                    self._backends.append(backend)
                return backend

            replacement = InitBackend(make_and_keep)
            device.init_backend = cast(replacement, c_void_p).value
            try:
                yield
            finally:
                device.init_backend = original

    def force_plain(self, forced: bool) -> None:  # noqa: FBT001 - the one thing that it says
        """Take the plain kernel whatever the pass, or leave it to the library again."""
        if forced != self._is_forced:
            self._is_forced = forced
            for backend in self._backends:
                self._use_reference(backend, forced)


def is_plain(batch: Batch) -> bool:
    """Whether the library takes the plain kernel for a batch by itself; False where in doubt.

    It computes neighbouring sequences together, as many tokens of each as the shortest has left: so
    each sequence with one token, side by side, makes one pass. Alone or with a gap it makes a pass
    of its own, which is the split kernel's from a context of 512 tokens on; the context is counted
    in steps of 256.
    """
    size = batch.size
    if size >= TILE:
        return False
    if int(batch.position[:size].max()) < SURELY_SHORT:
        return True
    return size > 1 and bool((np.diff(batch.sequence[:size]) == 1).all())
