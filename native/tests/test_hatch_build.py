import importlib.util
import io
import subprocess
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from hanabi_llama.own_kernels import BUILDS, build_file

pytest.importorskip("hatchling", reason="the build hook needs hatchling, a build requirement")

HOOK = Path(__file__).parent.parent / "hatch_build.py"


@pytest.fixture
def hook():
    spec = importlib.util.spec_from_file_location("hatch_build", HOOK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tarball(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def package(tmp_path, hook, monkeypatch):
    """A package whose tarball is the only one that npm has; nothing is cached."""
    monkeypatch.setenv("HANABI_CACHE", str(tmp_path / "cache"))
    source = tarball(tmp_path / "source.tgz", {"package/LICENSE": b"MIT"})

    def npm(command, *, cwd, **_):
        assert command[1:3] == ["pack", "@some/package@3.22.1"]
        (cwd / "some-package-3.22.1.tgz").write_bytes(source.read_bytes())
        return SimpleNamespace(returncode=0, stderr="", stdout="")

    monkeypatch.setattr(hook, "_npm", lambda: ["npm"])
    monkeypatch.setattr(subprocess, "run", npm)
    return hook.Prebuilt("@some/package", hook._integrity(source), "any")


def test_only_libraries_and_the_licence_are_unpacked(hook, tmp_path):
    folder = tmp_path / "lib"
    folder.mkdir()
    (folder / "libold.so").write_text("of another release")
    archive = tarball(
        tmp_path / "a.tgz",
        {
            "package/LICENSE": b"MIT",
            "package/package.json": b"{}",
            "package/bins/linux-x64/libllama.v0.5.0.so": b"llama",
            "package/bins/linux-x64/libllama-common.so": b"tools",
            "package/bins/linux-x64/llama-addon.node": b"addon",
            "package/other/LICENSE": b"of something else",
            "../../libescape.so": b"escape",
        },
    )
    hook.unpack(archive, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "LICENSE": b"MIT",
        "libllama.v0.5.0.so": b"llama",
        "libescape.so": b"escape",  # kept inside the folder, whatever its path says
    }


def test_links_are_not_unpacked(hook, tmp_path):
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as archive:
        link = tarfile.TarInfo("package/bins/libllama.so")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    hook.unpack(tmp_path / "a.tgz", tmp_path / "lib")
    assert list((tmp_path / "lib").iterdir()) == []


def test_a_checked_tarball_is_kept(hook, package, monkeypatch):
    first = hook.fetch(package)
    monkeypatch.setattr(hook, "_npm_pack", None)
    assert hook.fetch(package) == first
    assert hook._is_right(first, package)


def test_a_damaged_cache_is_fetched_again(hook, package):
    kept = hook.fetch(package)
    kept.write_bytes(b"damaged")
    assert hook._is_right(hook.fetch(package), package)


def test_a_wrong_digest_is_refused_and_not_kept(hook, package):
    wrong = hook.Prebuilt(package.package, "sha512-" + "A" * 86 + "==", "any")
    with pytest.raises(hook.BuildError, match="should have the digest sha512-AAA"):
        hook.fetch(wrong)
    assert not hook._cached(wrong).exists()


def test_what_npm_says_comes_out(hook, package, monkeypatch):
    failed = SimpleNamespace(returncode=1, stderr="npm error offline\n", stdout="")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(hook.BuildError, match=r"could not fetch .*: npm error offline"):
        hook.fetch(package)


def test_another_platform_is_refused(hook, monkeypatch):
    monkeypatch.setattr(hook.sysconfig, "get_platform", lambda: "plan9-68000")
    with pytest.raises(hook.BuildError, match="linux-x86_64, linux-aarch64; this is plan9-68000"):
        hook.choose()


@pytest.mark.parametrize("libc", [("glibc", "2.31"), ("", "")])
def test_an_older_libc_is_refused(hook, monkeypatch, libc):
    monkeypatch.setattr(hook.sysconfig, "get_platform", lambda: "linux-x86_64")
    monkeypatch.setattr(hook.platform, "libc_ver", lambda: libc)
    with pytest.raises(hook.BuildError, match=r"needs glibc 2\.34"):
        hook.choose()


KERNELS = Path(__file__).parent.parent / "kernels"


def test_each_build_of_the_kernels_is_of_every_source(hook, monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(hook.sysconfig, "get_platform", lambda: "linux-x86_64")
    monkeypatch.setattr(hook, "_compile", lambda *command: commands.append(command))
    hook.compile_kernels(KERNELS, tmp_path)
    assert {Path(command[-1]) for command in commands} == {
        build_file(build, tmp_path) for build in BUILDS
    }
    sources = {str(path) for path in KERNELS.glob("*.cpp")}
    assert all(sources < set(command) for command in commands)


def test_without_a_compiler_it_says_so(hook, monkeypatch, tmp_path):
    monkeypatch.setattr(hook.sysconfig, "get_platform", lambda: "linux-x86_64")
    monkeypatch.setattr(hook.shutil, "which", lambda _: None)
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(hook.BuildError, match=r"no C\+\+ compiler .* Install one, or set CXX"):
        hook.compile_kernels(KERNELS, tmp_path)


def test_what_the_compiler_says_comes_out(hook, monkeypatch, tmp_path):
    monkeypatch.setattr(hook.sysconfig, "get_platform", lambda: "linux-x86_64")
    monkeypatch.setenv("CXX", "false")
    with pytest.raises(hook.BuildError, match="false failed: "):
        hook.compile_kernels(KERNELS, tmp_path)
    monkeypatch.setenv("CXX", "/no/compiler")
    with pytest.raises(hook.BuildError, match="/no/compiler could not be run"):
        hook.compile_kernels(KERNELS, tmp_path)


def test_other_platforms_go_without(hook, monkeypatch, tmp_path):
    monkeypatch.setattr(hook.sysconfig, "get_platform", lambda: "linux-aarch64")
    hook.compile_kernels(KERNELS, tmp_path)
    assert list(tmp_path.iterdir()) == []
