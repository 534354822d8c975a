"""Logits as hypothesis draws them."""

import numpy as np
from hypothesis import strategies as st


@st.composite
def logits(draw, *, least=1, most=300):
    """One row [least..most], float32 and read-only: flat or peaked, with ties or holes or none."""
    size = draw(st.integers(least, most))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    row = random.standard_normal(size) * draw(st.sampled_from([0.0, 0.1, 1.0, 3.0, 10.0]))
    row += draw(st.sampled_from([0.0, -20.0, 15.0]))
    if draw(st.booleans()):
        row = np.round(row)
    if draw(st.booleans()):
        row[random.random(size) < 0.3] = -np.inf
        row[random.integers(size)] = 1.0
    return frozen(row)


def scores(**sizes):
    """A row as the filters take it: the greatest is 0."""
    return logits(**sizes).map(lambda row: frozen(row - row.max()))


def frozen(row):
    row = np.array(row, dtype=np.float32)
    row.flags.writeable = False
    return row
