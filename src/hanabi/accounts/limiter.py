"""Admits requests within the limits of their keys."""

import time
from collections.abc import Callable

from hanabi.accounts.account import Account, Limits
from hanabi.accounts.key_use import KeyUse

MonthTokens = Callable[[str], int]
"""Tells how many tokens a key, by its id, has used in this calendar month (UTC) so far."""

_NO_LIMITS = Limits()


class Admission:
    """A request that was admitted; it is running until `done`."""

    def __init__(self, use: KeyUse | None) -> None:
        """Take what counts it; None where nothing is limited."""
        self._use = use
        self._running = True

    def headers(self) -> dict[str, str]:
        """OpenAI's `x-ratelimit-*` headers as of now; none for what is not limited."""
        return {} if self._use is None else self._use.headers()

    def done(self, tokens: int) -> None:
        """Tell that the request has ended; only the first call counts.

        Args:
            tokens: of its prompts and its replies, as they were really computed.
        """
        if self._running and self._use is not None:
            self._running = False
            self._use.end(tokens)


class Limiter:
    """Admits requests, key by key. For one thread.

    It remembers a few hundred bytes for each key that has limits. What is left of a minute is not
    kept over a restart, what was used of a month is.
    """

    def __init__(
        self,
        month_tokens: MonthTokens,
        *,
        clock: Callable[[], int] = time.monotonic_ns,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take what knows the stored usage, and the time.

        Args:
            month_tokens: asked once for each key with a monthly limit, at its first request.
            clock: nanoseconds, never going back: the time of the minutes.
            now: seconds since the epoch: the time of the months.
        """
        self._month_tokens = month_tokens
        self._clock = clock
        self._now = now
        self._uses: dict[str, KeyUse] = {}
        self._unlimited = Admission(None)

    def admit(self, account: Account) -> Admission:
        """Count one more request of a key. Raises RateLimitedError where a limit is reached."""
        if account.limits == _NO_LIMITS:
            return self._unlimited
        use = self._uses.get(account.key_id)
        if use is None:
            use = self._uses[account.key_id] = self._begin(account)
        use.begin()
        return Admission(use)

    def _begin(self, account: Account) -> KeyUse:
        limited = account.limits.monthly_tokens is not None
        used = self._month_tokens(account.key_id) if limited else 0
        return KeyUse(account.limits, used, clock=self._clock, now=self._now)
