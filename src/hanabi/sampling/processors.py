"""Logits processors: what penalties and biases make of the logits they concern.

Each takes the logits of some tokens [n] and returns new ones, in float64, so that the result is
rounded to float32 once. -inf stays -inf.
"""

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float64]


def bias(logits: Logits, values: Logits) -> Logits:
    """Add `values` [n], -100 to 100: `logit_bias` as OpenAI defines it."""
    return logits + values


def repetition_penalty(logits: Logits, penalty: float) -> Logits:
    """Divide positive logits by `penalty` and multiply the others with it.

    Keskar et al. 2019 (CTRL), arXiv:1909.05858, in the form that Hugging Face gave it, since
    dividing a negative logit would make its token more likely. For the tokens of prompt and
    output, once each however often they occur. `penalty` > 1 makes them less likely, 1 changes
    nothing, and < 1 makes them more likely; it is greater than 0.
    """
    with np.errstate(over="ignore"):  # a penalty next to 0 makes infinities
        return np.where(logits > 0, logits / penalty, logits * penalty)


def count_penalties(
    logits: Logits, counts: NDArray[np.intp], *, frequency: float, presence: float
) -> Logits:
    """Subtract the penalties for tokens that were sampled before; the guide's formula.

    logits[j] -= c[j] * frequency_penalty + (c[j] > 0 ? 1 : 0) * presence_penalty, where c[j] is
    how often the token was sampled in this choice; the prompt does not count.
    """
    return logits - (counts * frequency + (counts > 0) * presence)
