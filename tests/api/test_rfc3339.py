import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.api.rfc3339 import read_time, shown_time
from hanabi.errors import InvalidRequestError


@given(st.integers(0, 253_402_300_799))
def test_what_is_shown_is_read(seconds):
    assert read_time("t", shown_time(seconds)) == seconds


def test_times_are_shown_in_utc():
    assert shown_time(1_700_000_000) == "2023-11-14T22:13:20Z"
    assert read_time("t", "2023-11-14T23:13:20.9+01:00") == 1_700_000_000


@pytest.mark.parametrize("text", ["", "soon", "2030-12-31", "2030-12-31T18:00:00", "1700000000"])
def test_what_is_no_time(text):
    with pytest.raises(InvalidRequestError) as refusal:
        read_time("apiKey.expireTime", text)
    assert refusal.value.param == "apiKey.expireTime"
    assert refusal.value.message.startswith("apiKey.expireTime must be a time as in RFC 3339")
