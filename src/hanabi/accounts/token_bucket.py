"""A token bucket: what may be used at once, refilled as time goes by."""

_NS_PER_MINUTE = 60 * 10**9


class TokenBucket:
    """Holds up to a minute's allowance, and refills continuously.

    All is counted in whole numbers: nanoseconds, and parts so small that the bucket gains
    `per_minute` of them in each. So nothing is ever rounded, and a bucket that has been waited for
    is not a hair short.
    """

    def __init__(self, per_minute: int, now: int) -> None:
        """Begin full.

        Args:
            per_minute: its capacity and what it gains in a minute, at least 1.
            now: nanoseconds of a clock that never goes back.
        """
        self.per_minute = per_minute
        self._full = per_minute * _NS_PER_MINUTE
        self._parts = self._full
        self._at = now

    def take(self, amount: int, now: int) -> None:
        """Take so much out, even below zero: what was used is known only afterwards."""
        self._refill(now)
        self._parts -= amount * _NS_PER_MINUTE

    def wait(self, amount: int, now: int) -> int:
        """Nanoseconds until so much is in it; 0 when it is. `amount` is at most the capacity."""
        return self._until(amount * _NS_PER_MINUTE, now)

    def wait_positive(self, now: int) -> int:
        """Nanoseconds until it is above zero by ever so little; 0 when it is."""
        return self._until(1, now)

    def wait_full(self, now: int) -> int:
        """Nanoseconds until it is full."""
        return self._until(self._full, now)

    def remaining(self, now: int) -> int:
        """The whole number of what is in it; 0 also below zero."""
        self._refill(now)
        return max(0, self._parts // _NS_PER_MINUTE)

    def _until(self, parts: int, now: int) -> int:
        self._refill(now)
        return max(0, -((self._parts - parts) // self.per_minute))

    def _refill(self, now: int) -> None:
        self._parts = min(self._full, self._parts + (now - self._at) * self.per_minute)
        self._at = now
