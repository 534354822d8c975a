"""Which build of the CPU kernels the library chose for this processor."""

import os
from ctypes import CDLL, CFUNCTYPE, POINTER, byref, c_void_p
from dataclasses import dataclass
from pathlib import Path

from hanabi_llama.structs import BackendFeature, SymbolInfo


@dataclass(frozen=True, slots=True)
class Kernels:
    """The CPU kernels in use.

    Attributes:
        name: the library's name without what all have in common: `cpu-zen4`; just `cpu` where
            the file cannot be told.
        features: what the kernels were built to use: `AVX2`, `AVX512_VNNI`, `REPACK` ..., in the
            library's order; those with a value other than 1 as `NAME=value`.
    """

    name: str
    features: tuple[str, ...]


def cpu_backend(library: CDLL) -> int | None:
    """The address of the registered CPU backend, or None when no kernel library was loaded."""
    address: int | None = library.ggml_backend_reg_by_name(b"CPU")
    return address


def procedure(library: CDLL, name: str) -> int:
    """The address of a function that only the chosen kernel library has.

    Raises LookupError when it has none of that name.
    """
    address = library.ggml_backend_reg_get_proc_address(cpu_backend(library), name.encode())
    if not address:
        message = f"the CPU kernels have no function {name}"
        raise LookupError(message)
    return int(address)


def read_kernels(library: CDLL) -> Kernels:
    """Look up which kernels are in use; the CPU backend must be loaded."""
    file = backend_file(library)
    name = file.stem.removeprefix("libggml-") if file else "cpu"
    return Kernels(name=name, features=_features(library))


def backend_file(library: CDLL) -> Path | None:
    """The file of the CPU backend, or None where the system cannot tell.

    Every candidate is opened to be scored, and some stay mapped after that; so it is the backend's
    own address that tells, not a list of mapped files.
    """
    found = SymbolInfo()
    dladdr = getattr(CDLL(None), "dladdr", None)
    if dladdr is None:
        return None
    dladdr.argtypes = [c_void_p, POINTER(SymbolInfo)]
    if not dladdr(cpu_backend(library), byref(found)) or not found.file_name:
        return None
    return Path(os.fsdecode(found.file_name))


def _features(library: CDLL) -> tuple[str, ...]:
    read = CFUNCTYPE(POINTER(BackendFeature), c_void_p)(
        procedure(library, "ggml_backend_get_features")
    )
    listed = read(cpu_backend(library))
    names: list[str] = []
    for index in range(256):
        if not listed[index].name:
            break
        name, value = listed[index].name.decode(), listed[index].value.decode()
        names.append(name if value == "1" else f"{name}={value}")
    return tuple(names)
