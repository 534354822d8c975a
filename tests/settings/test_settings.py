import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.machine import available_cores, memory_limit
from hanabi.settings import OPTIONS, Settings, SettingsError, load_settings


def test_the_defaults(monkeypatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())
    settings = load_settings({}, {})
    assert settings.home.is_absolute()
    assert settings.home.name == "hanabi"
    assert settings == Settings(
        home=settings.home,
        host="127.0.0.1",
        port=8000,
        uds=None,
        tls_cert=None,
        tls_key=None,
        trusted_proxies=(),
        allowed_hosts=(),
        cors_origins=(),
        threads=available_cores(),
        poll=50,
        memory=memory_limit() * 3 // 4,
        kv_memory=memory_limit() // 4,
        kv_type="f16",
        context=None,
        slots=32,
        queue_limit=256,
        token_budget=256,
        deterministic=False,
        body_limit=16 * 2**20,
        drain_timeout=30.0,
        log_level="info",
        log_format="json",
        log_prompts=False,
        database=None,
    )


def test_every_field_has_its_option():
    assert tuple(option.name for option in OPTIONS) == Settings.__struct_fields__
    option = next(option for option in OPTIONS if option.name == "kv_memory")
    assert (option.flag, option.variable) == ("--kv-memory", "HANABI_KV_MEMORY")


def test_the_kv_cache_has_a_third_of_the_memory_that_is_given():
    assert load_settings({"memory": "3G"}, {}).kv_memory == 2**30
    assert load_settings({"memory": "3G", "kv_memory": "2G"}, {}).kv_memory == 2**31


TEXTS = {
    "home": ("/tmp/h", Path("/tmp/h")),  # noqa: S108 - only a path's text
    "host": ("0.0.0.0", "0.0.0.0"),  # noqa: S104 - nothing listens in this test
    "port": ("0", 0),
    "uds": ("/run/h.sock", Path("/run/h.sock")),
    "trusted_proxies": ("10.0.0.1, fd00::/8,unix", ("10.0.0.1/32", "fd00::/8", "unix")),
    "allowed_hosts": ("Models.example, [::1],10.0.0.7", ("models.example", "[::1]", "10.0.0.7")),
    "cors_origins": (
        "http://localhost:3000, https://Example.com",
        ("http://localhost:3000", "https://example.com"),
    ),
    "threads": ("3", 3),
    "poll": ("100", 100),
    "memory": ("2G", 2**31),
    "kv_memory": ("1.5G", 3 * 2**29),
    "context": ("4096", 4096),
    "slots": ("256", 256),
    "queue_limit": ("0", 0),
    "token_budget": ("64", 64),
    "body_limit": ("1K", 1024),
    "drain_timeout": ("0.5", 0.5),
    "log_level": ("DEBUG", "debug"),
    "log_format": ("json", "json"),
    "log_prompts": ("Yes", True),
    "kv_type": ("q8_0", "q8_0"),
    "deterministic": ("yes", True),
    "database": ("postgresql://db/hanabi", "postgresql://db/hanabi"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_flag_and_a_variable_say_the_same(name):
    text, value = TEXTS[name]
    assert getattr(load_settings({name: text}, {}), name) == value
    assert getattr(load_settings({}, {f"HANABI_{name.upper()}": text}), name) == value


def test_a_flag_wins_over_a_variable_and_nothing_is_not_given():
    environment = {"HANABI_PORT": "9000", "HANABI_SLOTS": "", "OTHER": "x"}
    assert load_settings({"port": "9001"}, environment).port == 9001
    assert load_settings({"port": None}, environment).port == 9000
    assert load_settings({}, environment).slots == 32


def test_a_home_below_the_users_own(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    assert load_settings({"home": "~/h"}, {}).home == Path("/somewhere/h")


@pytest.mark.parametrize(
    ("name", "text", "limit"),
    [
        ("port", "65536", "a whole number from 0 to 65535: '65536'"),
        ("port", "-1", "a whole number from 0 to 65535: '-1'"),
        ("port", "http", "a whole number"),
        ("port", "8e3", "a whole number"),
        ("port", "8_000", "a whole number"),
        ("port", "9" * 5000, "a whole number"),
        ("threads", "0", "a whole number from 1 to 1024: '0'"),
        ("poll", "101", "a whole number from 0 to 100: '101'"),
        ("slots", "257", "a whole number from 1 to 256: '257'"),
        ("context", "0", "a whole number from 1 to"),
        ("kv_memory", "12 apples", "bytes, or a size such as 512M, from 1M: '12 apples'"),
        ("kv_memory", "1K", "bytes, or a size such as 512M, from 1M: '1K'"),
        ("kv_memory", "99999T", "bytes, or a size such as 512M"),
        ("body_limit", "0", "bytes, or a size such as 512M, from 1K: '0'"),
        ("drain_timeout", "-1", "seconds from 0 to 99999: '-1'"),
        ("drain_timeout", "nan", "seconds"),
        ("log_level", "loud", "one of debug, info, warning, error: 'loud'"),
        ("host", "", "an address: ''"),
        ("log_format", "xml", "one of console, json: 'xml'"),
        ("log_prompts", "maybe", "yes or no: 'maybe'"),
        ("trusted_proxies", "10.0.0.1,me", "addresses and networks with commas"),
        ("trusted_proxies", ",", "addresses and networks with commas"),
        ("allowed_hosts", "models.example:8000", "names or addresses of hosts, without ports"),
        ("allowed_hosts", "*", "names or addresses of hosts"),
        ("allowed_hosts", "a,,b", "names or addresses of hosts"),
        ("cors_origins", "example.com", "origins such as https://example.com"),
        ("cors_origins", "https://example.com/", "origins such as https://example.com"),
        ("cors_origins", "*,https://example.com", "origins such as https://example.com"),
        ("home", "", "a folder: ''"),
        ("home", "a\0b", "a folder"),
    ],
)
def test_a_bad_value_names_its_source_the_limit_and_the_value(name, text, limit):
    with pytest.raises(SettingsError) as refusal:
        load_settings({name: text}, {})
    flag = "--" + name.replace("_", "-")
    assert str(refusal.value).startswith(f"{flag} must be {limit}")
    if text:
        with pytest.raises(SettingsError, match=f"^HANABI_{name.upper()} must be"):
            load_settings({}, {f"HANABI_{name.upper()}": text})


@pytest.mark.parametrize("name", ["tls_cert", "tls_key"])
def test_a_certificate_and_its_key_go_together(name):
    both = {"tls_cert": "/c.pem", "tls_key": "/k.pem"}
    assert load_settings(both, {}).tls_cert == Path("/c.pem")
    with pytest.raises(SettingsError, match="both or not at all"):
        load_settings({name: both[name]}, {})


def test_log_lines_are_for_people_on_a_terminal(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stderr", terminal)
    assert load_settings({}, {}).log_format == "console"


@given(st.dictionaries(st.sampled_from([option.name for option in OPTIONS]), st.text()))
def test_any_text_is_read_or_refused(flags):
    try:
        load_settings(flags, {})
    except SettingsError as error:
        assert " must be " in str(error)  # noqa: PT017 - both outcomes are fine, a third is not
