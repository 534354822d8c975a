import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.settings.values import parse_origins, parse_proxies, parse_size


@given(st.integers(0, 2**20), st.sampled_from("KMGT"), st.sampled_from(["", "B", "iB", "ib"]))
def test_sizes(number, unit, suffix):
    value = number * 1024 ** (1 + "KMGT".index(unit))
    assert parse_size(f"{number}{unit}{suffix}") == value
    assert parse_size(f"{number} {unit.lower()}{suffix}") == value
    assert parse_size(str(number)) == number


@given(st.lists(st.ip_addresses(), min_size=1))
def test_any_addresses_are_proxies(addresses):
    networks = parse_proxies(", ".join(map(str, addresses)))
    assert [network.partition("/")[0] for network in networks] == [str(a) for a in addresses]


@pytest.mark.parametrize("text", ["*", "https://[::1]:8443", "http://a.b-c.example:1"])
def test_origins(text):
    assert parse_origins(text) == (text,)


@pytest.mark.parametrize("text", ["null", "https://*", "https://a/b", "https://a@b", "ftp://a"])
def test_what_no_browser_sends_as_an_origin(text):
    with pytest.raises(ValueError):  # noqa: PT011 - it has no message: Option tells the rule
        parse_origins(text)
