import platform
import socket

import msgspec
import pytest

from hanabi.cli import checks
from hanabi.cli.checks import Finding, run_check
from hanabi.cli.size import shown_size
from hanabi.database.connection import open_database
from hanabi.registry.bundled import register_bundled
from hanabi.registry.registry import Registry
from hanabi.settings import load_settings

from ..tiny_llama import write_tiny_llama  # noqa: TID252 - test folders are no packages


@pytest.fixture
def settings(home):
    return load_settings({"home": str(home), "threads": "2", "kv_memory": "1G"}, {})


def changed(settings, **values):
    return msgspec.structs.replace(settings, **values)


@pytest.mark.parametrize(
    ("libc", "state"),
    [
        (("glibc", "2.36"), "good"),
        (("glibc", "2.34"), "good"),
        (("glibc", "2.31"), "note"),
        (("", ""), "note"),
    ],
)
def test_the_c_library(settings, monkeypatch, libc, state):
    monkeypatch.setattr(platform, "libc_ver", lambda: libc)
    assert checks.check_platform(settings).state == state


def test_more_threads_than_cores(settings, monkeypatch):
    monkeypatch.setattr(checks, "available_cores", lambda: 2)
    assert checks.check_cores(settings).state == "good"
    assert checks.check_cores(changed(settings, threads=3)).state == "note"


def test_a_budget_beyond_half_of_the_memory(settings, monkeypatch):
    monkeypatch.setattr(checks, "memory_limit", lambda: 2**31)
    assert checks.check_memory(settings) == Finding("good", "2.0 GiB; 1.0 GiB for the KV cache")
    assert checks.check_memory(changed(settings, kv_memory=2**31)).state == "note"


def test_what_the_budget_comes_to(settings):
    # 8192 tokens of 23,040 bytes are 180 MiB: five of them fit in 1 GiB.
    assert checks.check_cache(settings) == Finding(
        "good", "5 slots x 8192 tokens of the bundled model, 900.0 MiB"
    )
    assert checks.check_cache(changed(settings, context=65536)).state == "note"


def test_the_home(settings, home, tmp_path):
    assert checks.check_home(settings) == Finding("good", f"{home}, made at the first start")
    home.mkdir()
    assert checks.check_home(settings) == Finding("good", str(home))
    (tmp_path / "file").touch()
    below = tmp_path / "file" / "home"
    assert checks.check_home(changed(settings, home=below)).state == "bad"


def test_the_models(settings, home, tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "find_weights", lambda: None)
    assert checks.check_models(settings).state == "note"
    weights = write_tiny_llama(tmp_path / "tiny.gguf")
    monkeypatch.setattr(checks, "find_weights", lambda: weights)
    assert checks.check_models(settings).text == "the bundled ones, from the first start on"
    assert not home.exists()
    database = open_database(home)
    register_bundled(Registry(home, database), weights)
    database.dispose()
    size = shown_size(weights.stat().st_size)
    assert checks.check_models(settings) == Finding("good", f"2 models, {size}")


def test_the_key_file(settings, home):
    assert checks.check_key_file(settings).text == "made at the first start"
    home.mkdir()
    (home / "api-key").touch(mode=0o600)
    assert checks.check_key_file(settings).state == "good"
    (home / "api-key").chmod(0o644)
    assert checks.check_key_file(settings).state == "note"
    assert "mode 644" in checks.check_key_file(settings).text


def test_the_port(settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        finding = checks.check_port(changed(settings, port=port))
    assert finding.state == "note"
    assert "in use" in finding.text
    assert checks.check_port(changed(settings, port=0)).state == "good"
    assert checks.check_port(changed(settings, host="no.such.host.invalid")).state == "note"


def test_whatever_a_check_raises_is_a_bad_finding(settings):
    def broken(_settings):
        raise LookupError("lost")

    assert run_check(broken, settings) == Finding("bad", "LookupError: lost")
