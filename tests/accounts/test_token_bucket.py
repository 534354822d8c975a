from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from hanabi.accounts.token_bucket import TokenBucket

MINUTE = 60 * 10**9
STEPS = st.lists(
    st.tuples(st.integers(0, 3 * MINUTE) | st.integers(0, 10**9), st.integers(0, 300)), max_size=30
)


class Naive:
    """The same in fractions, as one would say it."""

    def __init__(self, per_minute):
        self.per_minute = per_minute
        self.level = Fraction(per_minute)

    def pass_time(self, nanoseconds):
        gained = Fraction(nanoseconds, MINUTE) * self.per_minute
        self.level = min(Fraction(self.per_minute), self.level + gained)


@given(st.integers(1, 10**9), STEPS)
def test_a_bucket_is_exact(per_minute, steps):
    now = 12345
    bucket, naive = TokenBucket(per_minute, now), Naive(per_minute)
    for passed, taken in steps:
        now += passed
        naive.pass_time(passed)
        assert bucket.remaining(now) == max(0, naive.level // 1)
        assert (bucket.wait(1, now) == 0) is (naive.level >= 1)
        assert (bucket.wait_positive(now) == 0) is (naive.level > 0)
        assert (bucket.wait_full(now) == 0) is (naive.level == per_minute)
        bucket.take(taken, now)
        naive.level -= taken


@given(st.integers(1, 10**15), st.integers(0, 10**16), st.integers(0, MINUTE))
def test_who_waits_as_told_is_not_a_hair_short(per_minute, taken, passed):
    for wait in (lambda b, at: b.wait(1, at), TokenBucket.wait_positive, TokenBucket.wait_full):
        bucket = TokenBucket(per_minute, 0)
        bucket.take(taken, 0)
        told = wait(bucket, passed)
        assert wait(bucket, passed + told) == 0
        if told:
            early = TokenBucket(per_minute, 0)
            early.take(taken, 0)
            assert wait(early, passed + told - 1) == 1


def test_an_idle_bucket_holds_no_more_than_a_minute():
    bucket = TokenBucket(10, 0)
    assert bucket.remaining(100 * MINUTE) == 10
    bucket.take(25, 100 * MINUTE)
    assert bucket.remaining(100 * MINUTE) == 0
    assert bucket.wait_positive(100 * MINUTE) == MINUTE * 3 // 2 + 1
    assert bucket.wait_full(100 * MINUTE) == MINUTE * 5 // 2
