"""What one key has used of its limits."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from hanabi.accounts.account import Limits
from hanabi.accounts.month import next_month_start
from hanabi.accounts.token_bucket import TokenBucket
from hanabi.errors import RateLimitedError

RETRY_CONCURRENT = 1
"""Seconds after which to ask again when too many requests run: nobody knows when one ends."""

_NS = 10**9


class KeyUse:
    """Counts the requests of one key against its limits."""

    def __init__(
        self,
        limits: Limits,
        month_tokens: int,
        *,
        clock: Callable[[], int] = time.monotonic_ns,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Begin with full buckets.

        Args:
            limits: what the key may use, for good.
            month_tokens: what it has used in this calendar month.
            clock: nanoseconds, never going back: the time of the buckets.
            now: seconds since the epoch: the time of the months.
        """
        self._limits = limits
        self._clock = clock
        self._now = now
        self._requests = _bucket(limits.requests_per_minute, clock())
        self._tokens = _bucket(limits.tokens_per_minute, clock())
        self._running = 0
        self._month_tokens = month_tokens
        self._month_ends = next_month_start(now())

    def begin(self) -> None:
        """Count one more request, running until `end`.

        Raises RateLimitedError, and counts nothing, where a limit is reached: of several the one
        that is likely to last longest.
        """
        self._check_month()
        now, requests, tokens = self._clock(), self._requests, self._tokens
        if tokens is not None and (wait := tokens.wait_positive(now)):
            raise self._refusal("tokens per minute", tokens.per_minute, _seconds(wait))
        if requests is not None and (wait := requests.wait(1, now)):
            raise self._refusal("requests per minute", requests.per_minute, _seconds(wait))
        most = self._limits.max_concurrent
        if most is not None and self._running >= most:
            raise self._refusal("requests at once", most, RETRY_CONCURRENT)
        if requests is not None:
            requests.take(1, now)
        self._running += 1

    def end(self, tokens: int) -> None:
        """Count what a request that has ended has used."""
        self._running -= 1
        if self._tokens is not None:
            self._tokens.take(tokens, self._clock())
        self._turn_month()
        self._month_tokens += tokens

    def headers(self) -> dict[str, str]:
        """OpenAI's `x-ratelimit-*` headers as of now, for what is limited per minute."""
        now = self._clock()
        headers = {}
        for name, bucket in (("requests", self._requests), ("tokens", self._tokens)):
            if bucket is not None:
                headers[f"x-ratelimit-limit-{name}"] = str(bucket.per_minute)
                headers[f"x-ratelimit-remaining-{name}"] = str(bucket.remaining(now))
                headers[f"x-ratelimit-reset-{name}"] = shown_time(_seconds(bucket.wait_full(now)))
        return headers

    def _check_month(self) -> None:
        """Raise RateLimitedError where the month's tokens are used up."""
        self._turn_month()
        most = self._limits.monthly_tokens
        if most is not None and self._month_tokens >= most:
            left = max(1, -int((self._now() - self._month_ends) // 1))
            day = datetime.fromtimestamp(self._month_ends, UTC)
            raise self._refusal("tokens per month", most, left, f", on {day:%Y-%m-%d} (UTC)")

    def _turn_month(self) -> None:
        """Begin a month anew where the last one has ended."""
        if (now := self._now()) >= self._month_ends:
            self._month_tokens = 0
            self._month_ends = next_month_start(now)

    def _refusal(self, limit: str, most: int, seconds: int, when: str = "") -> RateLimitedError:
        return RateLimitedError(
            f"This API key has a limit of {most} {limit}, and that is reached: ask again in"
            f" {shown_time(seconds)}{when}",
            limit=limit,
            retry_after=seconds,
            headers=self.headers(),
        )


def shown_time(seconds: int) -> str:
    """Seconds as OpenAI's headers have them: `1s`, `6m0s`, `1h0m0s`."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minute}m{second}s"
    return f"{minute}m{second}s" if minute else f"{second}s"


def _bucket(per_minute: int | None, now: int) -> TokenBucket | None:
    return None if per_minute is None else TokenBucket(per_minute, now)


def _seconds(nanoseconds: int) -> int:
    """Whole seconds, rounded up."""
    return -(-nanoseconds // _NS)
