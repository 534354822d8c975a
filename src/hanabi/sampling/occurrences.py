"""Which tokens a choice has seen, and how often it sampled them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Occurrences:
    """The tokens that penalties act on, as arrays.

    Attributes:
        ids: the token ids seen so far, each once.
        counts: how often each of `ids` was sampled; 0 for one that only the prompt has.
    """

    def __init__(self, prompt: Sequence[int] = ()) -> None:
        """Take the prompt's tokens, where they count as seen."""
        self.ids: NDArray[np.intp] = np.unique(np.array(prompt, dtype=np.intp))
        self.counts: NDArray[np.intp] = np.zeros_like(self.ids)

    def add(self, token: int) -> None:
        """Count one sampled token."""
        place = np.flatnonzero(self.ids == token)
        if place.size:
            self.counts[place] += 1
        else:
            self.ids = np.append(self.ids, token)
            self.counts = np.append(self.counts, 1)
