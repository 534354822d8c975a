import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireworks.client.error import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    ConnectTimeoutError,
)
from fireworks.client.retry import pause

NOW = 1_445_412_480.0  # Wed, 21 Oct 2015 07:28:00 GMT


def status(number, **headers):
    return APIStatusError("", status_code=number, headers=headers)


@pytest.mark.parametrize(
    ("error", "again"),
    [
        *[(status(number), True) for number in (408, 409, 429, 500, 502, 503, 504, 520)],
        *[(status(number), False) for number in (304, 400, 401, 403, 404, 413, 422)],
        (APITimeoutError("", status_code=408), True),
        (APIConnectionError(""), True),
        (ConnectTimeoutError(""), True),
        (APITimeoutError(""), False),
        (APIResponseValidationError(""), False),
        (APIError(""), False),
    ],
)
def test_what_is_tried_again(error, again):
    assert (pause(error, 0, now=NOW, jitter=0) is not None) is again


@given(st.integers(0, 2000), st.floats(0, 1))
def test_backoff_doubles_up_to_its_limit_and_jitters_downwards(attempt, jitter):
    most = min(0.5 * 2 ** min(attempt, 10), 8)
    assert most / 2 <= pause(status(500), attempt, now=NOW, jitter=jitter) <= most


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("0", 0),
        ("-1", 0),
        ("86400", 60),
        ("inf", 60),
        ("Wed, 21 Oct 2015 07:28:09 GMT", 9),
        ("Wed, 21 Oct 2015 07:27:09 GMT", 0),
        ("Wed, 21 Oct 2099 07:28:09 GMT", 60),
        ("nan", 0.5),
        ("soon", 0.5),
    ],
)
def test_retry_after(header, seconds):
    assert pause(status(429, **{"retry-after": header}), 0, now=NOW, jitter=0) == seconds


@given(st.floats(0, 1))
def test_jitter_never_undercuts_what_the_server_asked_for(jitter):
    assert 4 <= pause(status(429, **{"retry-after": "4"}), 0, now=NOW, jitter=jitter) <= 5
