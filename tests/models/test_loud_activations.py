"""Activations beyond what a 16-bit float holds, as real models have them, in a tiny Llama.

With its gates and ups so many times as large, the inputs of a block's last matrix grow by the
square of that: they are up to 1e5 for 100, and 1e7 for 1,000.
"""

import numpy as np
import pytest

from hanabi.engine.llama import open_model
from hanabi.engine.runner import Chunk

from . import tiny_model
from .architectures import BY_NAME
from .examine import CONFIG

TOKENS = list(range(3, 67))
QUIET = 1


def logits_of(folder, monkeypatch, weights, gain):
    """float32[token, vocabulary], of a model whose feed-forward layers are so loud."""
    plain = tiny_model.values_of

    def loud(tensor):
        is_loud = "ffn_gate" in tensor.name or "ffn_up" in tensor.name
        return plain(tensor) * np.float32(gain if is_loud else 1)

    inner = folder / f"{weights}-{gain}"
    inner.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(tiny_model, "values_of", loud)
        path = tiny_model.write_model(inner, BY_NAME["llama"], weights)
    runner, _ = open_model(path, CONFIG)
    return runner.decode([Chunk(0, 0, TOKENS, len(TOKENS))]).copy()


@pytest.mark.parametrize("gain", [100, 1000])
@pytest.mark.parametrize("weights", ["Q8_0", "Q4_K_M"])
def test_loud_activations_are_rounded_as_quiet_ones_are(tmp_path, monkeypatch, weights, gain):
    def error(gain):
        """How far the quantised model is from its floats, in standard deviations."""
        floats, rounded = (
            logits_of(tmp_path, monkeypatch, kind, gain) for kind in ("F32", weights)
        )
        assert np.isfinite(rounded).all()
        return np.sqrt(np.mean((rounded - floats) ** 2)) / floats.std()

    assert error(gain) < 3 * error(QUIET)
