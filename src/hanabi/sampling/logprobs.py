"""Rows of raw log-probabilities: of the model's own distribution, before anything shapes it."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hanabi.sampling.distribution import Distribution
from hanabi.sampling.logits_error import require_finite
from hanabi.sampling.ranking import greatest
from hanabi.sampling.row import Row

_LEAST = -9999.0


def prompt_rows(logits: NDArray[np.float32], tokens: Sequence[int], count: int) -> tuple[Row, ...]:
    """Score prompt tokens.

    Args:
        logits: [rows, vocab]; row i is what the model computed before it read tokens[i]. (The
            prompt's first token has no such row; its Row is the caller's to make.)
        tokens: [rows], the tokens that stand there.
        count: how many of the most likely tokens each row lists.

    The work is done row by row, so besides the rows returned it takes memory for one row of the
    vocabulary, however long the chunk is. Raises LogitsError.
    """
    best = [int(row.argmax()) for row in logits]
    require_finite(logits[np.arange(len(best)), best])
    return tuple(
        row_of(Distribution(row, index), token, count)
        for row, index, token in zip(logits, best, tokens, strict=True)
    )


def row_of(
    raw: NDArray[np.float32] | Distribution,
    token: int,
    count: int,
    sampling_logprob: float | None = None,
) -> Row:
    """Make the row of one token.

    `raw` are the raw logits [vocab] of its position, or what was made of them. A log-probability
    is (logit - greatest logit) - ln(sum of exp(logit - greatest logit)); the sum is that of
    `Weights`, and what follows is float64. `top` has exactly min(count, vocab) entries, most likely
    first, ties by the lower id. The token's own value and its entry in `top` are the same float.
    Values end at -9999.0, as OpenAI's do, since JSON has no -inf.
    """
    distribution = raw if isinstance(raw, Distribution) else Distribution(raw)
    logits, peak = distribution.logits, float(distribution.peak)
    log_total = math.log(distribution.weights.total)

    def logprob(index: int) -> float:
        return max(float(logits[index]) - peak - log_total, _LEAST)

    top = greatest(logits, count).tolist() if count > 1 else [distribution.best][:count]
    return Row(
        logprob=logprob(token),
        top=tuple((index, logprob(index)) for index in top),
        sampling_logprob=sampling_logprob,
    )
