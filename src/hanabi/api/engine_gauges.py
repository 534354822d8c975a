"""How full the engines are, in Prometheus' format."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from hanabi.engine.engine import Engine


class EngineGauges(Collector):
    """Reads the loaded engines whenever somebody asks for the metrics.

    An engine is that of a file of weights, which several models may share; the label `weights` is
    the file's name, which for a stored model is its digest.
    """

    def __init__(self, engines: Callable[[], Mapping[Path, Engine]]) -> None:
        """Take what tells the loaded engines, by the weights."""
        self._engines = engines

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Part of prometheus_client's Collector."""
        engines = self._engines()
        running = _gauge("hanabi_running_sequences", "Sequences that have a slot.")
        waiting = _gauge("hanabi_waiting_sequences", "Prompts and sequences that wait for a slot.")
        held = _gauge("hanabi_kv_cache_tokens", "Tokens that the KV cache holds for sequences.")
        capacity = _gauge("hanabi_kv_cache_capacity_tokens", "Tokens that it has room for.")
        for path, engine in engines.items():
            weights, occupancy, loaded = (path.name,), engine.occupancy, engine.loaded
            running.add_metric(weights, occupancy.running)
            waiting.add_metric(weights, occupancy.waiting)
            held.add_metric(weights, occupancy.held_tokens)
            capacity.add_metric(weights, loaded.slots * loaded.context_length)
        yield from (running, waiting, held, capacity)
        yield GaugeMetricFamily("hanabi_loaded_models", "Loaded engines.", value=len(engines))


def _gauge(name: str, meaning: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, labels=("weights",))
