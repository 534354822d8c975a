from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from hanabi.accounts.month import month_start, next_month_start


def seconds(*date):
    return int(datetime(*date, tzinfo=UTC).timestamp())


def test_months_of_every_kind():
    middle = seconds(2024, 2, 29, 23, 59, 59) + 0.5
    assert month_start(middle) == seconds(2024, 2, 1)
    assert next_month_start(middle) == seconds(2024, 3, 1)
    assert next_month_start(seconds(2026, 12, 31)) == seconds(2027, 1, 1)
    assert month_start(seconds(2027, 1, 1)) == seconds(2027, 1, 1)


@given(st.floats(0, 4e9))
def test_a_moment_is_in_its_month(now):
    start, end = month_start(now), next_month_start(now)
    assert start <= now < end
    assert month_start(end) == end
    assert month_start(end - 1) == start
    assert datetime.fromtimestamp(start, UTC).day == 1
