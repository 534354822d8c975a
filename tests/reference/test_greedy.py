"""Greedy tokens, and their logprobs, against transformers on the same weights."""

import pytest

from .compared import CLOSE, FLOAT32
from .texts import NEW_TOKENS, PROMPTS

pytestmark = [pytest.mark.reference, pytest.mark.anyio]


@pytest.mark.parametrize("index", range(len(PROMPTS)))
async def test_the_tokens_are_the_same(api, answers, index):
    expected = answers["greedy"][index]
    reply = await api.ask(
        model=FLOAT32,
        prompt=expected["prompt"],
        max_tokens=NEW_TOKENS,
        temperature=0,
        logprobs=True,
        top_logprobs=0,
        return_token_ids=True,
    )
    choice = reply["choices"][0]
    assert min(expected["margins"]) > CLOSE, "a narrower choice would be a test of rounding"
    assert choice["token_ids"] == expected["tokens"]
    logprobs = [row["logprob"] for row in choice["logprobs"]["content"]]
    assert logprobs == pytest.approx(expected["logprobs"], rel=0, abs=CLOSE)
