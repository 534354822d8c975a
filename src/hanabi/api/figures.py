"""Counts, times and options of a generation, as bodies and headers tell them (api.md, 2.3)."""

import json

import msgspec
from msgspec import UNSET

from hanabi.generation.service import TextGeneration
from hanabi.generation.text import TextRequest, Timing, Usage
from hanabi.protocol.replies import PerfMetrics, UsageBody
from hanabi.sampling.params import SamplingParams


def usage_body(usage: Usage) -> UsageBody:
    """The usage of a reply."""
    return UsageBody(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        total_tokens=usage.prompt_tokens + usage.completion_tokens,
    )


def perf_metrics(usage: Usage, timing: Timing) -> PerfMetrics:
    """Counts, and times in seconds since the request was submitted, to the microsecond."""
    return PerfMetrics(
        prompt_tokens=usage.prompt_tokens,
        cached_prompt_tokens=usage.cached_tokens,
        server_time_to_first_token=_since(timing.started, timing.first_token),
        server_processing_time=_since(timing.started, timing.finished),
    )


def figure_headers(metrics: PerfMetrics) -> dict[str, str]:
    """The `fireworks-*` headers of a reply that is not streamed: the same figures."""
    figures = msgspec.to_builtins(metrics)
    return {f"fireworks-{name}": str(value) for name, value in figures.items()}


def sampling_header(request: TextRequest, generation: TextGeneration) -> dict[str, str]:
    """The `fireworks-sampling-options` header: the options in force, as JSON in ASCII.

    What only the request can set and may be of any length is left out: `logit_bias`, and stop
    strings that it sent itself.
    """
    options: dict[str, object] = {"max_tokens": generation.max_tokens}
    for name in SamplingParams.__struct_fields__:
        value = getattr(generation.sampling, name)
        if value is not None and name != "logit_bias":
            options[name] = value
    if request.stop is None and generation.stop:
        options["stop"] = generation.stop
    return {"fireworks-sampling-options": json.dumps(options)}


def _since(start: float, end: float | None) -> float | msgspec.UnsetType:
    return UNSET if end is None else round(end - start, 6)
