"""Limits against a simulation that remembers all and adds up anew each time."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.accounts.account import Account, Limits
from hanabi.accounts.key_use import shown_time
from hanabi.accounts.limiter import Limiter
from hanabi.errors import RateLimitedError

SECOND = 10**9
NEW_YEAR = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())


class Time:
    """Both clocks of a limiter; begins a minute before a new month."""

    def __init__(self):
        self.nanoseconds = 5

    def pass_(self, seconds):
        self.nanoseconds += int(seconds * SECOND)

    def clock(self):
        return self.nanoseconds

    def now(self):
        return NEW_YEAR - 60 + (self.nanoseconds - 5) / SECOND


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def limiter(time):
    return Limiter(lambda _key: 0, clock=time.clock, now=time.now)


def key(key_id="k", **limits):
    return Account("me", key_id, admin=False, limits=Limits(**limits))


def refused(limiter, account):
    with pytest.raises(RateLimitedError) as refusal:
        limiter.admit(account)
    return refusal.value


def test_a_key_without_limits_is_always_admitted(limiter):
    for _ in range(1000):
        admission = limiter.admit(key())
    assert admission.headers() == {}
    admission.done(10**9)
    assert limiter.admit(key()).headers() == {}


def test_requests_per_minute(limiter, time):
    account = key(requests_per_minute=3)
    for left in (2, 1, 0):
        headers = limiter.admit(account).headers()
        assert headers == {
            "x-ratelimit-limit-requests": "3",
            "x-ratelimit-remaining-requests": str(left),
            "x-ratelimit-reset-requests": shown_time(20 * (3 - left)),
        }
    time.pass_(7)
    error = refused(limiter, account)
    assert (error.status, error.limit, error.retry_after) == (429, "requests per minute", 13)
    assert error.message == (
        "This API key has a limit of 3 requests per minute, and that is reached: ask again in 13s"
    )
    assert error.headers["x-ratelimit-remaining-requests"] == "0"
    time.pass_(12.999)
    assert refused(limiter, account).retry_after == 1
    time.pass_(0.001)
    limiter.admit(account)
    assert refused(limiter, account).retry_after == 20


def test_tokens_are_charged_when_they_are_known(limiter, time):
    account = key(tokens_per_minute=60)
    first, second = limiter.admit(account), limiter.admit(account)
    first.done(60)
    error = refused(limiter, account)
    assert (error.limit, error.retry_after) == ("tokens per minute", 1)
    second.done(90)
    assert refused(limiter, account).retry_after == 91
    assert second.headers() == {
        "x-ratelimit-limit-tokens": "60",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "2m30s",
    }
    time.pass_(91)
    limiter.admit(account)


def test_requests_at_once(limiter):
    account = key(max_concurrent=2)
    first, _second = limiter.admit(account), limiter.admit(account)
    error = refused(limiter, account)
    assert (error.limit, error.retry_after) == ("requests at once", 1)
    assert "a limit of 2 requests at once" in error.message
    first.done(5)
    third = limiter.admit(account)
    first.done(5)  # once more: it was counted already
    refused(limiter, account)
    third.done(0)
    assert limiter.admit(account).headers() == {}


def test_a_request_that_is_refused_counts_nowhere(limiter):
    account = key(requests_per_minute=5, max_concurrent=1)
    running = limiter.admit(account)
    for _ in range(10):
        assert refused(limiter, account).limit == "requests at once"
    running.done(0)
    assert limiter.admit(account).headers()["x-ratelimit-remaining-requests"] == "3"


def test_the_month_goes_on_where_it_was(time):
    asked = []

    def month_tokens(key_id):
        asked.append(key_id)
        return 900

    limiter = Limiter(month_tokens, clock=time.clock, now=time.now)
    account = key("a", monthly_tokens=1000)
    limiter.admit(account).done(99)
    running = limiter.admit(account)
    running.done(1)
    error = refused(limiter, account)
    assert (error.limit, error.retry_after) == ("tokens per month", 60)
    assert "a limit of 1000 tokens per month" in error.message
    assert error.message.endswith("ask again in 1m0s, on 2027-01-01 (UTC)")
    time.pass_(59.5)
    assert refused(limiter, account).retry_after == 1
    time.pass_(0.5)
    limiter.admit(account).done(1000)
    assert refused(limiter, account).retry_after == 31 * 86400
    limiter.admit(key("b", requests_per_minute=1))
    assert asked == ["a"]


def test_a_request_over_midnight_counts_in_the_month_that_it_ends_in(limiter, time):
    account = key(monthly_tokens=10)
    running = limiter.admit(account)
    time.pass_(61)
    running.done(10)
    assert refused(limiter, account).limit == "tokens per month"


def test_keys_do_not_share_their_limits(limiter):
    limiter.admit(key("a", requests_per_minute=1))
    limiter.admit(key("b", requests_per_minute=1))
    refused(limiter, key("a", requests_per_minute=1))


def test_the_longest_wait_is_named(limiter):
    account = key(requests_per_minute=1, tokens_per_minute=1, max_concurrent=1, monthly_tokens=1)
    limiter.admit(account)
    assert refused(limiter, account).limit == "requests per minute"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (1, "1s"), (59, "59s"), (60, "1m0s"), (360, "6m0s"), (3600, "1h0m0s"),
     (90061, "25h1m1s")],
)  # fmt: skip
def test_times_as_openai_writes_them(seconds, text):
    assert shown_time(seconds) == text


class Simulation:
    """What is allowed, told from the list of all that happened."""

    def __init__(self, limits):
        self.limits = limits
        self.taken = {"requests": [], "tokens": []}  # (second, amount)
        self.month = []
        self.running = 0

    def level(self, name, capacity, now):
        level, at = Fraction(capacity), Fraction(0)
        for second, amount in [*self.taken[name], (now, 0)]:
            level = min(Fraction(capacity), level + (second - at) * capacity / 60) - amount
            at = second
        return level

    def reached(self, now):
        """The limits that are."""
        limits, found = self.limits, set()
        begun = 60 if now >= 60 else 0
        used = sum(amount for second, amount in self.month if second >= begun)
        if limits.monthly_tokens is not None and used >= limits.monthly_tokens:
            found.add("tokens per month")
        tokens, requests = limits.tokens_per_minute, limits.requests_per_minute
        if tokens is not None and self.level("tokens", tokens, now) <= 0:
            found.add("tokens per minute")
        if requests is not None and self.level("requests", requests, now) < 1:
            found.add("requests per minute")
        if limits.max_concurrent is not None and self.running >= limits.max_concurrent:
            found.add("requests at once")
        return found


some = st.none() | st.integers(1, 20)


@given(
    st.builds(
        Limits,
        requests_per_minute=some,
        tokens_per_minute=some,
        max_concurrent=st.none() | st.integers(1, 4),
        monthly_tokens=st.none() | st.integers(1, 100),
    ),
    st.lists(
        st.tuples(
            st.integers(0, 20_000),  # milliseconds that pass
            st.just("admit") | st.just("done"),
            st.integers(0, 40),  # tokens
        ),
        max_size=40,
    ),
)
def test_the_limiter_equals_the_simulation(limits, steps):
    time = Time()
    limiter = Limiter(lambda _key: 0, clock=time.clock, now=time.now)
    simulation = Simulation(limits)
    account = Account("me", "k", admin=False, limits=limits)
    running, milliseconds = [], 0
    for passed, step, tokens in steps:
        milliseconds += passed
        time.nanoseconds = 5 + milliseconds * 10**6
        now = Fraction(milliseconds, 1000)
        if step == "done" and running:
            running.pop().done(tokens)
            simulation.running -= 1
            simulation.taken["tokens"].append((now, tokens))
            simulation.month.append((now, tokens))
        elif step == "admit":
            if reached := simulation.reached(now):
                error = refused(limiter, account)
                assert error.limit in reached
                assert error.retry_after >= 1
            else:
                running.append(limiter.admit(account))
                simulation.running += 1
                simulation.taken["requests"].append((now, 1))
