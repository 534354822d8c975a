"""The engines' own counters, in Prometheus' format."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import get_args

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from hanabi.engine.tally import Discard, Tally


class EngineCollector(Collector):
    """Reads the tallies of the engines whenever somebody asks for the metrics.

    With no request under way the engines' tokens are those of usage, without the cached ones, and
    the discarded ones, to the last token; see `Tally`. The label `weights` is the name of the
    weights' file: of a stored model, its digest.
    """

    def __init__(self, tallies: Callable[[], Mapping[Path, Tally]]) -> None:
        """Take what tells the tallies, by the weights."""
        self._tallies = tallies

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Part of prometheus_client's Collector."""
        prompt = CounterMetricFamily(
            "hanabi_engine_prompt_tokens", "Prompt tokens computed.", labels=("weights",)
        )
        generated = CounterMetricFamily(
            "hanabi_engine_generated_tokens", "Tokens generated.", labels=("weights",)
        )
        discarded_prompt = CounterMetricFamily(
            "hanabi_engine_discarded_prompt_tokens",
            "Prompt tokens computed for requests that had ended.",
            labels=("weights",),
        )
        discarded = CounterMetricFamily(
            "hanabi_engine_discarded_tokens",
            "Generated tokens that no reply got.",
            labels=("weights", "reason"),
        )
        cached = CounterMetricFamily(
            "hanabi_engine_cached_prompt_tokens",
            "Prompt tokens that the prefix cache held.",
            labels=("weights",),
        )
        looked_up = CounterMetricFamily(
            "hanabi_prefix_cache_prompts",
            "Prompts by whether the prefix cache held a beginning of them.",
            labels=("weights", "outcome"),
        )
        drafted = CounterMetricFamily(
            "hanabi_engine_drafted_tokens",
            "Guesses at tokens, by whether they were right.",
            labels=("weights", "outcome"),
        )
        for path, tally in self._tallies().items():
            prompt.add_metric((path.name,), tally.prompt_tokens)
            generated.add_metric((path.name,), tally.generated_tokens)
            discarded_prompt.add_metric((path.name,), tally.discarded_prompt_tokens)
            cached.add_metric((path.name,), tally.cached_tokens)
            looked_up.add_metric((path.name, "hit"), tally.cache_hits)
            looked_up.add_metric((path.name, "miss"), tally.cache_misses)
            drafted.add_metric((path.name, "accepted"), tally.accepted_tokens)
            drafted.add_metric(
                (path.name, "rejected"), tally.drafted_tokens - tally.accepted_tokens
            )
            for reason in get_args(Discard):
                discarded.add_metric((path.name, reason), tally.discarded[reason])
        yield from (prompt, generated, discarded_prompt, discarded, cached, looked_up, drafted)
