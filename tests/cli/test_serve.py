import sys
import types

import pytest

from hanabi.cli.serve import _announce
from hanabi.engine.messages import Loaded
from hanabi.settings import OPTIONS, load_settings

from ..tiny_llama import write_tiny_llama  # noqa: TID252 - test folders are no packages


@pytest.fixture
def served(monkeypatch):
    """What `hanabi.app.serve` was called with."""
    calls = []
    app = types.ModuleType("hanabi.app")
    app.serve = lambda settings, model, on_ready: calls.append((settings, model))
    monkeypatch.setitem(sys.modules, "hanabi.app", app)
    monkeypatch.setattr("hanabi.app", app, raising=False)
    return calls


def test_settings_come_from_flags_then_the_environment(run, served, monkeypatch, home):
    monkeypatch.setenv("HANABI_PORT", "9000")
    monkeypatch.setenv("HANABI_SLOTS", "4")
    assert run("serve", "--port", "9001", "--kv-memory", "1G")[0] == 0
    ((settings, model),) = served
    assert (settings.port, settings.slots, settings.kv_memory) == (9001, 4, 2**30)
    assert settings.home == home
    assert model is None


def test_a_switch_needs_no_value(run, served):
    assert run("serve", "--log-prompts", "--port", "9001")[0] == 0
    assert run("serve", "--log-prompts", "no")[0] == 0
    assert [settings.log_prompts for settings, _ in served] == [True, False]
    assert served[0][0].port == 9001


def test_a_certificate_without_a_key_is_one_line(run, served):
    code, _, errors = run("serve", "--tls-cert", "cert.pem")
    assert (code, served) == (2, [])
    assert "must be given both or not at all" in " ".join(errors.split())


def test_a_model_is_handed_on(run, served, tmp_path):
    path = write_tiny_llama(tmp_path / "x.gguf")
    assert run("serve", "--model", str(path))[0] == 0
    assert served[0][1] == path


def test_a_model_that_cannot_answer_is_refused(run, served, tmp_path):
    path = write_tiny_llama(tmp_path / "x.gguf")
    path.write_bytes(path.read_bytes().replace(b"llama", b"dream"))
    code, _, errors = run("serve", "--model", str(path))
    assert (code, served) == (2, [])
    assert "dream is a diffusion model" in errors


@pytest.mark.parametrize("content", [b"", b"GG", b"PK\3\4", b"\x80\4pickle"])
def test_a_file_that_is_no_gguf_is_refused(run, served, tmp_path, content):
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    code, _, errors = run("serve", "--model", str(path))
    assert code == 2
    assert "is no GGUF file: it must begin with b'GGUF'" in errors
    assert served == []


def test_a_folder_is_no_model(run, served, tmp_path):
    code, _, errors = run("serve", "--model", str(tmp_path))
    assert (code, served) == (2, [])
    assert "is a directory" in errors


@pytest.mark.parametrize(
    ("flags", "port", "link"),
    [
        ({}, 8123, "http://127.0.0.1:8123/#/sign-in?token=x-y_z"),
        ({"host": "0.0.0.0"}, 8123, "http://127.0.0.1:8123/#/sign-in?token=x-y_z"),  # noqa: S104
        ({"host": "::"}, 8123, "http://[::1]:8123/#/sign-in?token=x-y_z"),
        (
            {"host": "models.example", "tls_cert": "cert.pem", "tls_key": "key.pem"},
            8443,
            "https://models.example:8443/#/sign-in?token=x-y_z",
        ),
        ({"uds": "/run/hanabi/socket"}, None, None),
    ],
)
def test_the_banner_has_a_link_that_a_browser_on_this_machine_can_open(capsys, flags, port, link):
    ready = types.SimpleNamespace(
        settings=load_settings(flags, {}),
        port=port,
        key=types.SimpleNamespace(text="hk_key", origin="kept"),
        token="x-y_z",
        model=types.SimpleNamespace(name="m", manifest=types.SimpleNamespace(style=None)),
        loaded=Loaded((), context_length=8, slots=1, cache_bytes=9, kernels="k"),
    )
    _announce(ready)
    output = capsys.readouterr().out
    if link is None:
        assert "x-y_z" not in output
        assert "Console" not in output
    else:
        assert f"  Console  {link}\n" in output
        assert output.count("x-y_z") == 1


def test_the_help_tells_every_flag_variable_and_default(run):
    _, output, _ = run("serve", "--help")
    for option in OPTIONS:
        assert option.flag in output
        assert option.variable in output
    assert "Default: 8000." in output
