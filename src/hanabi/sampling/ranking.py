"""Order by value, exactly and fast: greatest first, and of equal values the lower index first."""

import numpy as np
from numpy.typing import NDArray

_GROUP_SIZE = 16
_LOW_HALF = 0xFFFF_FFFF


def ranked(values: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the indices of `values` [n], greatest value first, equal ones by ascending index.

    `values` are free of NaN. Value and index are packed into one integer each and these are
    sorted: that makes the order total without a stable sort, and numpy sorts integers with vector
    instructions (20,000 values: a tenth of a stable argsort's time).
    """
    # The bits of a positive float order like an integer, those of a negative one the other way
    # round. Adding zero turns -0.0 into 0.0, its equal.
    bits = (values + np.float32(0)).view(np.int32)
    ascending = bits ^ ((bits >> 31) & np.int32(0x7FFF_FFFF))
    keys = (~ascending).astype(np.int64) << 32
    keys |= np.arange(values.size)
    keys.sort()
    keys &= _LOW_HALF
    return keys.astype(np.intp, copy=False)


def greatest(values: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Return the indices of the `count` greatest `values` [n], in the order of `ranked`.

    Exactly `count` of them, ties at the border decided by the lower index; all n where
    `count` >= n. `count` is at least 1.

    Only what reaches a floor is sorted. The floor is the count-th greatest of the maxima of small
    groups; since each of `count` groups has a value that reaches it, the wanted ones all do.
    """
    count = min(count, values.size)
    groups = values.size // _GROUP_SIZE
    maxima = values
    if count <= groups:
        maxima = values[: groups * _GROUP_SIZE].reshape(_GROUP_SIZE, groups).max(axis=0)
    place = maxima.size - count
    floor = np.partition(maxima, place)[place]
    reaching = np.flatnonzero(values >= floor)
    return reaching[ranked(values[reaching])[:count]]
