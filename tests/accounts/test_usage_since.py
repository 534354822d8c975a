from datetime import UTC, datetime

import pytest

from hanabi.accounts.usage_since import parse_since
from hanabi.errors import InvalidRequestError

NOW = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("24h", "2026-03-09T15:30:00Z"),
        ("1d", "2026-03-10T00:00:00Z"),
        ("7d", "2026-03-04T00:00:00Z"),
        ("2w", "2026-02-25T00:00:00Z"),
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("2026-01-31T12:00:00", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"),
        ("9999w", "1970-01-01T00:00:00Z"),
    ],
)
def test_spans_and_times(text, since):
    wanted = datetime.fromisoformat(since).timestamp() * 1000
    assert parse_since(text, NOW.timestamp()) == wanted


@pytest.mark.parametrize(
    "text", ["", "7", "d", "7m", "-7d", "\u0667d", "yesterday", "2026-02-30", "7d "]
)
def test_other_texts_are_refused(text):
    with pytest.raises(InvalidRequestError, match="a span such as 24h, 7d or 4w") as refused:
        parse_since(text, NOW.timestamp())
    assert refused.value.param == "since"
    assert repr(text) in refused.value.message
