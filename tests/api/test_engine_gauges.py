from pathlib import Path
from types import SimpleNamespace

from prometheus_client import CollectorRegistry, generate_latest

from hanabi.api.engine_gauges import EngineGauges
from hanabi.engine.occupancy import Occupancy


def engine(*occupancy, slots=4, context_length=100):
    loaded = SimpleNamespace(slots=slots, context_length=context_length)
    return SimpleNamespace(occupancy=Occupancy(*occupancy), loaded=loaded)


def test_the_engines_of_the_moment():
    engines = {Path("/blobs/a1"): engine(3, 7, 250)}
    registry = CollectorRegistry()
    registry.register(EngineGauges(lambda: engines))

    def lines():
        return set(generate_latest(registry).decode().splitlines())

    assert {
        'hanabi_running_sequences{weights="a1"} 3.0',
        'hanabi_waiting_sequences{weights="a1"} 7.0',
        'hanabi_kv_cache_tokens{weights="a1"} 250.0',
        'hanabi_kv_cache_capacity_tokens{weights="a1"} 400.0',
        "hanabi_loaded_models 1.0",
    } <= lines()
    engines.clear()
    assert "hanabi_loaded_models 0.0" in lines()
    assert not any("a1" in line for line in lines())
