"""Rows of raw log-probabilities: of the model's own distribution, before anything shapes it."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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
    require_finite(logits.max(axis=1))
    return tuple(
        row_of(position, token, count) for position, token in zip(logits, tokens, strict=True)
    )


def row_of(
    logits: NDArray[np.float32], token: int, count: int, sampling_logprob: float | None = None
) -> Row:
    """Make the row of one token from the raw logits [vocab] of its position.

    A log-probability is (logit - greatest logit) - ln(sum of exp(logit - greatest logit)); the sum
    and what follows are float64. `top` has exactly min(count, vocab) entries, most likely first,
    ties by the lower id. The token's own value and its entry in `top` are the same float. Values
    end at -9999.0, as OpenAI's do, since JSON has no -inf.
    """
    peak = logits.max()
    with np.errstate(over="ignore"):  # towards -inf, which adds nothing
        weights = logits - peak
    np.exp(weights, out=weights)
    log_total = math.log(float(weights.sum(dtype=np.float64)))
    least, peak = _LEAST, float(peak)

    def logprob(index: int) -> float:
        return max(float(logits[index]) - peak - log_total, least)

    top = greatest(logits, count).tolist() if count else []
    return Row(
        logprob=logprob(token),
        top=tuple((index, logprob(index)) for index in top),
        sampling_logprob=sampling_logprob,
    )
