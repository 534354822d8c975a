"""Prompts beyond a sliding window, on Gemma 3 270M's weights, against transformers."""

import numpy as np
import pytest

from . import gemma
from .compared import CLOSE, SAME_MODEL

pytestmark = [pytest.mark.reference, pytest.mark.anyio]

LENGTHS = pytest.mark.parametrize("length", gemma.LENGTHS)


@pytest.fixture
async def api(either_gemma):
    async with either_gemma[1].client("cold") as api:
        yield api


def test_transformers_reads_the_file_as_it_is_meant(long_reference):
    """What the file does not say: five layers of six have the window, and a base of their own."""
    config = long_reference["config"]
    layers = config["layer_types"]
    assert layers == (["sliding_attention"] * 5 + ["full_attention"]) * 3
    assert config["sliding_window"] == gemma.WINDOW
    bases = {kind: rope["rope_theta"] for kind, rope in config["rope_parameters"].items()}
    assert bases == {"full_attention": 1e6, "sliding_attention": 1e4}
    assert config["query_pre_attn_scalar"] == config["head_dim"] == 256
    assert config["rms_norm_eps"] == pytest.approx(1e-6)
    assert config["attn_logit_softcapping"] is config["final_logit_softcapping"] is None


@LENGTHS
async def test_each_token_of_a_prompt(api, either_gemma, long_reference, length):
    name, _ = either_gemma
    ids = long_reference["ids"][:length]
    reply = await api.ask(
        model=gemma.model(name),
        prompt=ids.tolist(),
        echo=True,
        max_tokens=0,
        logprobs=True,
        top_logprobs=1,
    )
    rows = reply["choices"][0]["logprobs"]["content"][1:]
    off = np.abs([row["logprob"] for row in rows] - long_reference["chosen"][: length - 1])
    favourites = [row["top_logprobs"][0]["token_id"] for row in rows]
    others = np.sum(favourites != long_reference["favourites"][: length - 1])
    print(  # noqa: T201 - `make test-reference` shows it
        f"{name} {length}: chosen max {off.max():.4f}, mean {off.mean():.5f}; "
        f"another favourite in {others} of {len(rows)} rows"
    )
    if name == gemma.FLOAT32_NAME:
        assert off.max() < CLOSE
    else:
        assert 0 < off.mean() < SAME_MODEL


@LENGTHS
async def test_greedy_tokens(api, either_gemma, long_reference, length):
    name, _ = either_gemma
    if name != gemma.FLOAT32_NAME:
        pytest.skip("kernels for quantised weights quantise the activations too")
    expected = long_reference["greedy"][str(length)]
    reply = await api.ask(
        model=gemma.model(name),
        prompt=long_reference["ids"][:length].tolist(),
        max_tokens=gemma.NEW_TOKENS,
        temperature=0,
        logprobs=True,
        return_token_ids=True,
    )
    choice = reply["choices"][0]
    # A choice narrower than the bound would be a test of rounding; behind it texts may differ.
    narrow = [margin < CLOSE for margin in expected["margins"]]
    certain = narrow.index(True) if True in narrow else gemma.NEW_TOKENS
    print(f"{length}: {certain} tokens to compare")  # noqa: T201 - `make test-reference` shows it
    assert certain >= 4
    assert choice["token_ids"][:certain] == expected["tokens"][:certain]
    logprobs = [row["logprob"] for row in choice["logprobs"]["content"][:certain]]
    assert logprobs == pytest.approx(expected["logprobs"][:certain], rel=0, abs=CLOSE)
