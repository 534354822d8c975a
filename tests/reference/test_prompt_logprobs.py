"""Every row of a scored prompt against transformers, on the same weights."""

import numpy as np
import pytest

from ..e2e.api import MODEL  # noqa: TID252 - tests/ is not on the path
from .compared import CLOSE, FLOAT32, SAME_MODEL, TOPS_CLOSE
from .texts import TOKENS

pytestmark = [pytest.mark.reference, pytest.mark.anyio]


async def rows_of(api, model, ids):
    """The rows of a prompt that is only scored; the first has no condition."""
    reply = await api.ask(
        model=model, prompt=ids.tolist(), echo=True, max_tokens=0, logprobs=True, top_logprobs=5
    )
    rows = reply["choices"][0]["logprobs"]["content"]
    assert [row["token_id"] for row in rows] == ids.tolist()
    assert len(rows) == TOKENS
    return rows[1:]


def differences(rows, scored):
    """Server minus transformers: of the chosen tokens, and of the five most likely of each row."""
    expected = scored["logprobs"]
    chosen = [row["logprob"] - expected[i, row["token_id"]] for i, row in enumerate(rows)]
    tops = [
        [top["logprob"] - expected[i, top["token_id"]] for top in row["top_logprobs"]]
        for i, row in enumerate(rows)
    ]
    return np.abs(chosen), np.abs(tops)


def other_favourites(rows, scored):
    """In how many rows the two find another token the most likely."""
    favourites = [row["top_logprobs"][0]["token_id"] for row in rows]
    return int(np.sum(favourites != scored["logprobs"][:-1].argmax(axis=1)))


def told(model, scored, rows):
    """A line for the table in docs/."""
    chosen, tops = differences(rows, scored)
    row, rank = np.unravel_index(tops.argmax(), tops.shape)
    furthest = rows[row]["top_logprobs"][rank]["logprob"]
    return (
        f"{model} {scored['name']}: chosen max {chosen.max():.4f}, mean {chosen.mean():.5f}; "
        f"top 5 max {tops.max():.4f} at {furthest:.1f}, mean {tops.mean():.5f}; "
        f"another favourite in {other_favourites(rows, scored)} of {len(rows)} rows"
    )


async def test_float32_weights(api, scored):
    rows = await rows_of(api, FLOAT32, scored["ids"])
    print(told("float32", scored, rows))  # noqa: T201 - `make test-reference` shows it
    chosen, tops = differences(rows, scored)
    assert tops.shape == (TOKENS - 1, 5)
    assert chosen.max() < CLOSE
    assert tops.max() < TOPS_CLOSE


async def test_the_bundled_weights(api, scored):
    rows = await rows_of(api, MODEL, scored["ids"])
    print(told("bundled", scored, rows))  # noqa: T201 - `make test-reference` shows it
    chosen, _ = differences(rows, scored)
    assert 0 < chosen.mean() < SAME_MODEL
