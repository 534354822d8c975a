"""What the operator watches: requests, tokens and times, in Prometheus' format."""

import time
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from hanabi.api.auth import account_of
from hanabi.api.outcome import status_of
from hanabi.errors import PermissionDeniedError
from hanabi.generation.service import TextGeneration
from hanabi.generation.text import TextEvent

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
INTER_TOKEN_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 5)
FIRST_TOKEN_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
REQUEST_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


Steps = AsyncIterator[list[TextEvent]]
"""The text events of a generation, a list for each of its steps."""


class Metrics:
    """The server's metrics.

    A `model` is a model's full name, or empty for a request that ended before its model was found;
    names that clients make up never become a label.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the metrics; a registry takes one Metrics only."""
        self._registry = registry
        self.requests = Counter(
            "hanabi_requests",
            "Generating requests by their outcome.",
            ("route", "model", "status"),
            registry=registry,
        )
        self.prompt_tokens = Counter(
            "hanabi_prompt_tokens", "Prompt tokens.", ("model",), registry=registry
        )
        self.cached_tokens = Counter(
            "hanabi_cached_prompt_tokens",
            "Prompt tokens that were taken from the prefix cache.",
            ("model",),
            registry=registry,
        )
        self.completion_tokens = Counter(
            "hanabi_completion_tokens", "Generated tokens.", ("model",), registry=registry
        )
        self.first_token = Histogram(
            "hanabi_time_to_first_token_seconds",
            "From a request's submission to its first token.",
            ("model",),
            buckets=FIRST_TOKEN_SECONDS,
            registry=registry,
        )
        self.queue = Histogram(
            "hanabi_queue_seconds",
            "From a request's submission until it got a slot.",
            ("model",),
            buckets=FIRST_TOKEN_SECONDS,
            registry=registry,
        )
        self.inter_token = Histogram(
            "hanabi_inter_token_seconds",
            "Between two steps of a request that brought text, the first apart.",
            ("model",),
            buckets=INTER_TOKEN_SECONDS,
            registry=registry,
        )
        self.duration = Histogram(
            "hanabi_request_duration_seconds",
            "From a request's arrival to the end of its reply.",
            ("model", "status"),
            buckets=REQUEST_SECONDS,
            registry=registry,
        )

    def measure(self, route: str) -> "Measured":
        """A context in which one request is answered; it is counted when the context ends."""
        return Measured(self, route)

    async def endpoint(self, request: Request) -> Response:
        """GET /metrics, for admins: it tells of the models of every account."""
        if not account_of(request.scope).admin:
            raise PermissionDeniedError(
                "Metrics tell of every account, so only an admin's API key may read them"
            )
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE)


class Measured:
    """One request that is being answered.

    Attributes:
        generation: its generation, once there is one.
    """

    def __init__(self, metrics: Metrics, route: str) -> None:
        """Start the clock."""
        self.generation: TextGeneration | None = None
        self._metrics = metrics
        self._route = route
        self._began = time.monotonic()

    async def steps(self, generation: TextGeneration) -> Steps:
        """The steps of its generation, timed on their way."""
        gap = self._metrics.inter_token.labels(generation.model)
        last: float | None = None
        async for events in generation:
            now = time.monotonic()
            if last is not None:
                gap.observe(now - last)
            last = now
            yield events

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Count the request, whatever its outcome."""
        metrics, generation, status = self._metrics, self.generation, status_of(error)
        model = generation.model if generation else ""
        metrics.requests.labels(self._route, model, status).inc()
        metrics.duration.labels(model, status).observe(time.monotonic() - self._began)
        if generation is not None:
            usage, timing = generation.accounted, generation.timing
            metrics.prompt_tokens.labels(model).inc(usage.prompt_tokens)
            metrics.cached_tokens.labels(model).inc(usage.cached_tokens)
            metrics.completion_tokens.labels(model).inc(usage.completion_tokens)
            if timing.began is not None:
                metrics.queue.labels(model).observe(timing.began - timing.started)
            if timing.first_token is not None:
                metrics.first_token.labels(model).observe(timing.first_token - timing.started)
