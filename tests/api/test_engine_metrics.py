from collections import Counter
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from hanabi.api.engine_metrics import EngineCollector
from hanabi.engine.tally import Tally


def test_the_tallies_are_told_by_their_weights():
    tallies = {
        Path("models/a.gguf"): Tally(5, 7, 2, Counter(stop=3), 128, 4, 6),
        Path("b.gguf"): Tally(1),
    }
    registry = CollectorRegistry()
    registry.register(EngineCollector(lambda: tallies))
    text = generate_latest(registry).decode()
    for line in (
        'hanabi_engine_prompt_tokens_total{weights="a.gguf"} 5.0',
        'hanabi_engine_generated_tokens_total{weights="a.gguf"} 7.0',
        'hanabi_engine_discarded_prompt_tokens_total{weights="a.gguf"} 2.0',
        'hanabi_engine_discarded_tokens_total{reason="stop",weights="a.gguf"} 3.0',
        'hanabi_engine_discarded_tokens_total{reason="ended",weights="a.gguf"} 0.0',
        'hanabi_engine_cached_prompt_tokens_total{weights="a.gguf"} 128.0',
        'hanabi_prefix_cache_prompts_total{outcome="hit",weights="a.gguf"} 4.0',
        'hanabi_prefix_cache_prompts_total{outcome="miss",weights="a.gguf"} 6.0',
        'hanabi_engine_prompt_tokens_total{weights="b.gguf"} 1.0',
    ):
        assert line in text
    tallies[Path("b.gguf")].prompt_tokens = 9
    assert 'hanabi_engine_prompt_tokens_total{weights="b.gguf"} 9.0' in (
        generate_latest(registry).decode()
    )
