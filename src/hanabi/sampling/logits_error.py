"""The error of a model that computes no distribution."""

import numpy as np
from numpy.typing import NDArray

from hanabi.errors import HanabiError


class LogitsError(HanabiError):
    """The greatest logit of some rows is no finite number: nothing can be chosen from them (500).

    NaN anywhere in a row makes its greatest logit NaN. Single logits of -inf are fine.

    Attributes:
        rows: the indices of these rows; the others are valid.
    """

    def __init__(self, rows: tuple[int, ...]) -> None:
        """Take the rows that are at fault."""
        super().__init__(
            "The model's logits are not finite numbers, so no token can be chosen: "
            "its weights are damaged, or overflow in this computation."
        )
        self.rows = rows


def require_finite(peaks: NDArray[np.float32]) -> None:
    """Raise LogitsError unless the greatest logit of every row, `peaks` [rows], is finite."""
    bad = np.flatnonzero(~np.isfinite(peaks))
    if bad.size:
        raise LogitsError(tuple(bad.tolist()))
