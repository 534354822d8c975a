"""One attention kernel for every pass: the same logits however a sequence is cut into passes.

The library's flash attention has three kernels, which round differently: one for a lone sequence of
512 tokens or more, one for passes of 64 tokens or more of a sequence, and one for the rest. A CPU
backend in its reference mode keeps to the last, whatever the pass. That mode is set on the backend
of a context, which the library makes and does not give out; so it is caught where it is made, in
the device's table of functions (`ggml-backend-impl.h`).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CDLL, CFUNCTYPE, POINTER, Structure, c_bool, c_char_p, c_void_p, cast
from typing import ClassVar

from hanabi_llama.errors import LibraryError
from hanabi_llama.kernels import cpu_backend, procedure

CPU = 0
"""`GGML_BACKEND_DEVICE_TYPE_CPU`."""

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


@contextmanager
def one_kernel(functions: CDLL) -> Iterator[None]:
    """CPU backends that are made within the block have one attention kernel for every pass.

    Safe from any thread, one block at a time.

    Raises LibraryError where the device does not look as it should; nothing has changed then.
    """
    device = cast(functions.ggml_backend_dev_by_type(CPU), POINTER(_Device)).contents
    if device.registry != cpu_backend(functions):
        raise LibraryError("the CPU device of this llama.cpp is laid out differently.")
    use_reference = CFUNCTYPE(None, c_void_p, c_bool)(
        procedure(functions, "ggml_backend_cpu_set_use_ref")
    )

    with _lock:
        original = device.init_backend
        make = InitBackend(original)

        def make_and_set(itself: int, params: bytes | None) -> int | None:
            backend: int | None = make(itself, params)
            if backend:
                use_reference(backend, True)
            return backend

        replacement = InitBackend(make_and_set)
        device.init_backend = cast(replacement, c_void_p).value
        try:
            yield
        finally:
            device.init_backend = original
