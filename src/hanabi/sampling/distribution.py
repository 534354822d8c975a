"""The model's distribution at one position, as far as it has been asked for."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hanabi.sampling.weights import Weights, weights_of


class Distribution:
    """A row of logits, and what is made of all of it: once, however many steps need it.

    Attributes:
        logits: [vocab], float32, only read; the greatest is finite. They must not change while
            this is in use.
    """

    def __init__(self, logits: NDArray[np.float32], best: int | None = None) -> None:
        """Take the logits, and the index of the greatest of them, the first, where it is known."""
        self.logits = logits
        if best is not None:
            self.best = best

    @cached_property
    def best(self) -> int:
        """The index of the greatest logit, the first of equal ones."""
        return int(self.logits.argmax())

    @cached_property
    def peak(self) -> np.float32:
        """The greatest logit."""
        greatest: np.float32 = self.logits[self.best]
        return greatest

    @cached_property
    def scores(self) -> NDArray[np.float32]:
        """Each logit less the greatest one, [vocab]."""
        with np.errstate(over="ignore"):  # towards -inf, which is a weight of 0 as it should be
            return self.logits - self.peak

    @cached_property
    def weights(self) -> Weights:
        """The weights of the scores."""
        return weights_of(self.scores)
