from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.cli.expiry import parse_expiry
from hanabi.errors import InvalidRequestError

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())


@given(st.integers(0, 999_999), st.sampled_from([("d", 86400), ("h", 3600), ("m", 60)]))
def test_times_from_now(number, unit):
    letter, seconds = unit
    assert parse_expiry(f"{number}{letter}", NOW) == SECONDS + number * seconds


@given(st.integers(0, 253_402_300_799))
def test_iso_dates_are_utc_when_unsaid(seconds):
    moment = datetime.fromtimestamp(seconds, UTC)
    for text in (moment.isoformat(), moment.replace(tzinfo=None).isoformat()):
        assert parse_expiry(text, NOW) == seconds
    assert parse_expiry(moment.date().isoformat(), NOW) == seconds - seconds % 86400


def test_a_zone_that_is_said_counts():
    assert parse_expiry("2026-11-22T21:00:00+01:00", NOW) == SECONDS


@pytest.mark.parametrize("text", ["", "soon", "30", "30s", "-1d", "1.5d", "3000000d", "\u0663d"])
def test_what_is_no_time(text):
    with pytest.raises(InvalidRequestError, match="such as 30d, 12h or 45m, or an ISO date"):
        parse_expiry(text, NOW)
