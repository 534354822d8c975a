"""The error of a model that computes no distribution."""

import numpy as np
from numpy.typing import NDArray

from hanabi.errors import HanabiError


class LogitsError(HanabiError):
    """The greatest logit of some rows is no finite number: nothing can be chosen from them (500).

    It ends the requests that these rows belong to; their neighbours in the batch go on.

    NaN anywhere in a row makes its greatest logit NaN. Single logits of -inf are fine.

    Attributes:
        rows: the indices of these rows; the others are valid.
    """

    def __init__(self, rows: tuple[int, ...]) -> None:
        """Take the rows that are at fault."""
        super().__init__(
            "The model computed no usable probabilities, so no token can be chosen: its logits "
            "are not finite numbers, since its weights are damaged or overflow with this prompt."
        )
        self.rows = rows


def require_finite(peaks: NDArray[np.float32]) -> None:
    """Raise LogitsError unless the greatest logit of every row, `peaks` [rows], is finite."""
    bad = np.flatnonzero(~np.isfinite(peaks))
    if bad.size:
        raise LogitsError(tuple(bad.tolist()))
