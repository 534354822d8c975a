import re

import pytest

from hanabi.api.host import checked_names


def status(api, *hosts, path="/v1/models", **others):
    headers = [(b"host", host.encode("latin-1")) for host in hosts]
    return api.call("GET", path, headers=headers, **others)


@pytest.fixture
def guarded(make_api):
    return make_api(allowed_hosts=("Models.Example", "::1", "10.0.0.7"))


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost:8000",
        "localhost.",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.255.0.9:65535",
        "[::1]",
        "[::1]:8000",
        "[0:0:0:0:0:0:0:1]",
        "models.example",
        "MODELS.example.:8000",
        "10.0.0.7:8000",
    ],
)
def test_it_answers_to_its_names(guarded, host):
    assert status(guarded, host).status == 200


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        ["localhost", "localhost"],
        ["localhost", "evil.example"],
        ["evil.example"],
        ["evil.example:8000"],
        ["localhost.evil.example"],
        ["127.0.0.1.evil.example"],
        ["evil.localhost"],
        ["localhost@evil.example"],
        ["localhost:evil"],
        ["localhost:8000/"],
        ["localhost:800000"],
        ["localhost, evil.example"],
        ["localhost "],
        ["128.0.0.1"],
        ["0.0.0.0"],  # noqa: S104 - nothing is bound
        ["2130706433"],  # 127.0.0.1 as one number
        ["0x7f000001"],
        ["127.1"],
        ["[::2]"],
        ["::1"],
        ["[::1"],
        ["[localhost]"],
        ["x/health?"],
        ["models.example.evil.example"],
        ["loc\xe4lhost"],
    ],
)
@pytest.mark.parametrize("path", ["/v1/models", "/health", "/docs", "/nowhere"])
def test_it_answers_to_no_other(guarded, hosts, path):
    reply = status(guarded, *hosts, path=path, key=None)
    assert reply.status == 403
    assert reply.error["code"] == "FORBIDDEN"
    assert re.match(
        "Host must be localhost, .* or one of --allowed-hosts: '", reply.error["message"]
    )


def test_a_long_name_is_cut_short(guarded):
    assert len(status(guarded, "x" * 60_000).error["message"]) < 300


def test_without_a_list_every_name_is_good(api):
    assert status(api, "evil.example").status == 200


@pytest.mark.parametrize(
    ("bound", "allowed", "names"),
    [
        ("127.0.0.1", (), ()),
        ("127.9.9.9", (), ()),
        ("localhost", (), ()),
        ("::1", (), ()),
        ("::1", ("a",), ("a",)),
        ("0.0.0.0", (), None),  # noqa: S104 - nothing is bound
        ("::", (), None),
        ("192.168.1.2", (), None),
        ("models.example", (), None),
        ("0.0.0.0", ("a", "b"), ("a", "b")),  # noqa: S104 - nothing is bound
    ],
)
def test_when_names_are_checked(bound, allowed, names):
    assert checked_names(bound, allowed) == names
