"""Accounts for every generating request, once: metrics, usage, and the limits of its key."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from starlette.types import Scope

from hanabi.accounts.limiter import Admission, Limiter
from hanabi.accounts.usage import UsageRecord
from hanabi.api.auth import account_of
from hanabi.api.metrics import Measured, Metrics
from hanabi.api.outcome import status_of
from hanabi.api.reply_headers import add_headers
from hanabi.api.request_id import request_id
from hanabi.generation.service import TextGeneration
from hanabi.generation.text import Usage

SETTLED_WITHIN = 5.0
"""Seconds. At a second signal a request may still be waiting for the rest of its body."""

_NOTHING = Usage(0)


class UsageSink(Protocol):
    """Keeps usage; `hanabi.accounts.usage_writer.UsageWriter` is one."""

    def add(self, record: UsageRecord) -> None:
        """Take a record; returns at once, and never fails."""
        ...


class Accounting:
    """Accounts for the requests of a server."""

    def __init__(
        self,
        metrics: Metrics,
        usage: UsageSink,
        limiter: Limiter,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take who counts, who keeps usage, who admits, and the time in seconds since 1970."""
        self.metrics = metrics
        self.usage = usage
        self.limiter = limiter
        self.now = now
        self._open = 0
        self._settled = asyncio.Event()
        self._settled.set()

    def account(self, route: str, scope: Scope) -> "Accounted":
        """A context in which one request is answered; it is accounted for when that ends."""
        return Accounted(self, route, scope)

    async def settled(self) -> None:
        """Wait until every request that was begun is accounted for, SETTLED_WITHIN at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLED_WITHIN):
                await self._settled.wait()

    def begin(self) -> None:
        """Count one more request under way."""
        self._open += 1
        self._settled.clear()

    def end(self) -> None:
        """Count one less."""
        self._open -= 1
        if not self._open:
            self._settled.set()


class Accounted:
    """One request that is being answered.

    Attributes:
        measured: its metrics, which are given its generation once there is one.
    """

    def __init__(self, accounting: Accounting, route: str, scope: Scope) -> None:
        """Take the request."""
        self.measured: Measured = accounting.metrics.measure(route)
        self._accounting = accounting
        self._route = route
        self._scope = scope
        self._account = account_of(scope)
        self._admission: Admission | None = None
        self._arrived = accounting.now()
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        """Begin."""
        self.measured.__enter__()
        self._accounting.begin()
        return self

    def admit(self) -> None:
        """Have the key's limits checked. Raises RateLimitedError where one is reached."""
        self._admission = self._accounting.limiter.admit(self._account)
        add_headers(self._scope, self._admission.headers())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Account for the request, however it ended."""
        self.measured.__exit__(kind, error, trace)
        record = self._record(status_of(error))
        if self._admission is not None:
            self._admission.done(record.tokens)
        self._accounting.usage.add(record)
        self._accounting.end()

    def _record(self, status: int) -> UsageRecord:
        """What the request used."""
        generation = self.measured.generation
        usage = _NOTHING if generation is None else generation.accounted
        return UsageRecord(
            request_id=request_id(self._scope),
            time=int(self._arrived * 1000),
            account=self._account.account,
            key_id=self._account.key_id,
            model="" if generation is None else generation.model,
            route=self._route,
            status=status,
            prompt_tokens=usage.prompt_tokens,
            cached_tokens=usage.cached_tokens,
            completion_tokens=usage.completion_tokens,
            first_token_ms=None if generation is None else _first_token_ms(generation),
            duration_ms=int((time.monotonic() - self._began) * 1000),
        )


def _first_token_ms(generation: TextGeneration) -> int | None:
    timing = generation.timing
    if timing.first_token is None:
        return None
    return int((timing.first_token - timing.started) * 1000)
