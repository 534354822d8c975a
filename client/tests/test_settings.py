import os
from types import SimpleNamespace

import platformdirs
import pytest

import fireworks.client
from fireworks.client.error import FireworksError
from fireworks.client.key_file import _home, local_key
from fireworks.client.settings import find_api_key, find_base_url, is_loopback

HERE = "http://127.0.0.1:8000/inference/v1"
THERE = "https://api.fireworks.ai/inference/v1"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("http://h", "http://h/inference/v1"),
        ("http://h:9/", "http://h:9/inference/v1"),
        ("http://h/inference", "http://h/inference/v1"),
        ("http://h/inference/", "http://h/inference/v1"),
        ("http://h/inference/v1", "http://h/inference/v1"),
        ("http://h/inference/v1/", "http://h/inference/v1"),
        ("http://h/v1", "http://h/v1"),
        (" https://h/team/v1 ", "https://h/team/v1"),
        (None, HERE),
    ],
)
def test_forms_of_a_base_url(given, found):
    assert find_base_url(given, {}) == found


@pytest.mark.parametrize("given", ["h", "ftp://h", "http://", "//h", "http://h?x=1", "http://h/#x"])
def test_no_base_url(given):
    with pytest.raises(FireworksError, match="base_url must be"):
        find_base_url(given, {})


def test_order_of_base_urls(monkeypatch):
    environment = {"FIREWORKS_API_BASE": "http://b", "FIREWORKS_BASE_URL": "http://c"}
    assert find_base_url(None, {"FIREWORKS_BASE_URL": "http://c"}) == "http://c/inference/v1"
    assert find_base_url(None, environment) == "http://b/inference/v1"
    monkeypatch.setattr(fireworks.client, "base_url", "http://a")
    assert find_base_url(None, environment) == "http://a/inference/v1"
    assert find_base_url("http://x", environment) == "http://x/inference/v1"


def test_order_of_keys(monkeypatch, tmp_path):
    (tmp_path / "api-key").write_text("file\n")
    environment = {"FIREWORKS_API_KEY": "environment", "HANABI_HOME": str(tmp_path)}
    assert find_api_key(None, HERE, {"HANABI_HOME": str(tmp_path)}) == "file"
    assert find_api_key(None, HERE, environment) == "environment"
    monkeypatch.setattr(fireworks.client, "api_key", "module")
    assert find_api_key(None, HERE, environment) == "module"
    assert find_api_key(" given\n", HERE, environment) == "given"


def test_missing_key_says_what_to_set(tmp_path):
    with pytest.raises(FireworksError, match=r"Set FIREWORKS_API_KEY, or pass api_key="):
        find_api_key(None, HERE, {"FIREWORKS_API_KEY": "", "HANABI_HOME": str(tmp_path)})


@pytest.mark.parametrize("key", ["a\nb", "schlüssel"])
def test_key_that_no_header_can_hold(key):
    with pytest.raises(FireworksError, match="ASCII"):
        find_api_key(key, HERE, {})


def test_local_key_is_for_no_other_host(tmp_path):
    (tmp_path / "api-key").write_text("file\n")
    with pytest.raises(FireworksError):
        find_api_key(None, THERE, {"HANABI_HOME": str(tmp_path)})


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.8.9.10", True),
        ("http://LOCALHOST:1/x", True),
        ("http://[::1]:8000", True),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://127.0.0.1@example.com", False),
        ("http://192.168.0.1", False),
        ("http://0.0.0.0", False),
    ],
)
def test_loopback(url, loopback):
    assert is_loopback(url) is loopback


def test_key_file_of_another_user_is_not_read(monkeypatch, tmp_path):
    (tmp_path / "api-key").write_text("file\n")
    monkeypatch.setattr(os, "geteuid", lambda: os.stat(tmp_path).st_uid + 1)  # noqa: PTH116 - short
    assert local_key({"HANABI_HOME": str(tmp_path)}) is None


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_no_key_in_the_file(tmp_path, content):
    if content is not None:
        (tmp_path / "api-key").write_text(content)
    assert local_key({"HANABI_HOME": str(tmp_path)}) is None


@pytest.mark.parametrize("data_home", [None, "/data", "relative", ""])
def test_home_is_where_the_server_keeps_it(monkeypatch, data_home):
    monkeypatch.delenv("HANABI_HOME")
    if data_home is not None:
        monkeypatch.setenv("XDG_DATA_HOME", data_home)
    assert _home(os.environ) == platformdirs.user_data_path("hanabi", appauthor=False)


@pytest.mark.parametrize(
    ("platform", "ending"),
    [("darwin", "Library/Application Support/hanabi"), ("win32", "AppData/Local/hanabi")],
)
def test_home_of_other_platforms(monkeypatch, platform, ending):
    monkeypatch.setattr("fireworks.client.key_file.sys", SimpleNamespace(platform=platform))
    assert _home({}).as_posix().endswith(ending)
