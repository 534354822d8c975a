"""Finding, loading and checking the llama.cpp library: once in a process, never unloaded."""

import os
import threading
from ctypes import CDLL, RTLD_GLOBAL
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hanabi_llama.clearing import Clearing
from hanabi_llama.errors import LibraryError
from hanabi_llama.functions import bind
from hanabi_llama.kernels import Kernels, cpu_backend, read_kernels
from hanabi_llama.log import LogTail
from hanabi_llama.own_kernels import OwnKernels
from hanabi_llama.structs import MAX_SEQUENCES, TYPE_F16

RELEASE = "0.5.0"
"""The llama.cpp release whose structs and functions this package was written for."""

FOLDER_VARIABLE = "HANABI_LLAMA_LIB"
"""The environment variable that names a folder with another build of the same release."""

PARTS = ("libggml-base", "libggml", "libllama")
"""The libraries to load, in this order, each needing those before it."""

_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Library:
    """The loaded library.

    Attributes:
        folder: where it was loaded from.
        version: what it says of itself: `0.5.0` or `0.5.0-dev`.
        kernels: the CPU kernels that it chose.
        functions: its functions, with types.
        log: its last warnings and errors.
        clearing: how its buffers are cleared.
        own: the kernels of our own beside its own.
    """

    folder: Path
    version: str
    kernels: Kernels
    functions: CDLL
    log: LogTail
    clearing: Clearing
    own: OwnKernels


def load() -> Library:
    """The library, loaded at the first call; safe from any thread.

    Raises LibraryError, at every call again, when there is none that fits.
    """
    with _lock:
        return _load_once()


def kernels() -> Kernels:
    """The CPU kernels in use. Raises LibraryError as `load` does."""
    return load().kernels


def folder() -> Path:
    """Where the library is to be found: the folder that the environment names, else our own."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path(__file__).parent / "lib"


@cache
def _load_once() -> Library:
    place = folder()
    functions = _open_parts(place)
    version = _check_release(functions, place)
    log = LogTail()
    log.attach(functions)
    functions.llama_backend_init()
    functions.ggml_backend_load_all_from_path(os.fsencode(place))
    if not cpu_backend(functions):
        raise LibraryError(
            f"no CPU kernel library (libggml-cpu-*) in {place} runs on this processor. "
            f"{log.reason()}"
        )
    clearing = Clearing()
    clearing.attach(functions)
    kernels = read_kernels(functions)
    return Library(
        folder=place,
        version=version,
        kernels=kernels,
        functions=functions,
        log=log,
        clearing=clearing,
        own=OwnKernels(functions, kernels),
    )


def _open_parts(place: Path) -> CDLL:
    """Open the libraries; the last one's handle finds the functions of all."""
    if not place.is_dir():
        raise LibraryError(
            f"the llama.cpp library was expected in {place}, which is no folder. "
            f"Install hanabi-llama from its wheel, or set {FOLDER_VARIABLE} "
            f"to a folder with llama.cpp {RELEASE}."
        )
    opened = []
    for part in PARTS:
        path = _part(place, part)
        try:
            opened.append(CDLL(os.fspath(path), mode=RTLD_GLOBAL))
        except OSError as error:
            raise LibraryError(f"{path} could not be loaded: {error}") from error
    return opened[-1]


def _part(place: Path, part: str) -> Path:
    """The file of a part; prebuilt releases carry their version in the name."""
    names = [
        f"{part}{middle}{suffix}" for suffix in (".so", ".dylib") for middle in (f".v{RELEASE}", "")
    ]
    for name in names:
        if (place / name).is_file():
            return place / name
    raise LibraryError(
        f"{place} has no {part}: expected one of {', '.join(names)} of llama.cpp {RELEASE}."
    )


def _check_release(functions: CDLL, place: Path) -> str:
    """The version, once it and the structs are what this package was written for.

    The defaults come back by value into our own structs: a field that moved shows in them.
    """
    try:
        bind(functions)
    except AttributeError as error:
        raise LibraryError(
            f"the library in {place} is not llama.cpp {RELEASE}: {error}."
        ) from error
    version: str = functions.llama_version().decode()
    if version != RELEASE and not version.startswith(f"{RELEASE}-"):
        raise LibraryError(
            f"the library in {place} must be llama.cpp {RELEASE}; it says that it is {version}."
        )
    model, context = (
        functions.llama_model_default_params(),
        functions.llama_context_default_params(),
    )
    expected = [
        ("n_gpu_layers", model.n_gpu_layers, -1),
        ("load_mode", model.load_mode, -1),
        ("vocab_only", model.vocab_only, False),
        ("use_extra_bufts", model.use_extra_bufts, True),
        ("load_mtp", model.load_mtp, False),
        ("n_ctx", context.n_ctx, 512),
        ("n_batch", context.n_batch, 2048),
        ("n_seq_max", context.n_seq_max, 1),
        ("flash_attn_type", context.flash_attn_type, -1),
        ("type_k", context.type_k, TYPE_F16),
        ("type_v", context.type_v, TYPE_F16),
        ("abort_callback", context.abort_callback, None),
        ("embeddings", context.embeddings, False),
        ("offload_kqv", context.offload_kqv, True),
        ("swa_full", context.swa_full, True),
        ("kv_unified", context.kv_unified, False),
        ("ctx_other", context.ctx_other, None),
        ("sequences", functions.llama_max_parallel_sequences(), MAX_SEQUENCES),
    ]
    for name, seen, wanted in expected:
        if seen != wanted:
            raise LibraryError(
                f"the library in {place} says that it is llama.cpp {version}, but its structs "
                f"differ: {name} should be {wanted} by default and is {seen}."
            )
    return version
