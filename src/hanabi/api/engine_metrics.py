"""The engines' own counters, in Prometheus' format."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import get_args

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from hanabi.engine.tally import Discard, Tally


class EngineCollector(Collector):
    """Reads the tallies of the engines whenever somebody asks for the metrics.

    With no request under way the engines' tokens are those of usage and the discarded ones, to the
    last token; see `Tally`. The label `weights` is the name of the weights' file: of a stored
    model, its digest.
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
        for path, tally in self._tallies().items():
            prompt.add_metric((path.name,), tally.prompt_tokens)
            generated.add_metric((path.name,), tally.generated_tokens)
            discarded_prompt.add_metric((path.name,), tally.discarded_prompt_tokens)
            for reason in get_args(Discard):
                discarded.add_metric((path.name, reason), tally.discarded[reason])
        yield from (prompt, generated, discarded_prompt, discarded)
