import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hanabi.sampling.mirostat import Mirostat

from . import naive, strategies


def test_mu_starts_at_twice_the_target():
    assert Mirostat(5.0, 0.1).mu == 10.0


@given(strategies.scores(), st.floats(0, 8))
def test_kept_equals_naive(scores, target):
    kept, margin = naive.mirostat(naive.softmax(scores.tolist()), 2 * target)
    assume(margin > 1e-5)
    assert Mirostat(target, 0.1).kept(scores).tolist() == kept


def test_the_most_likely_token_is_kept_whatever_mu():
    state = Mirostat(0.0, 1.0)
    assert state.kept(np.array([-1, 0, 0], np.float32)).tolist() == [1]
    state.mu = -1e9
    assert state.kept(np.array([-1, 0, 0], np.float32)).tolist() == [1]
    state.mu = 1e9
    assert state.kept(np.array([-1, 0, 0], np.float32)).tolist() == [0, 1, 2]


@given(st.lists(st.floats(1e-6, 1), max_size=20), st.floats(0, 100), st.floats(0, 1))
def test_learning_equals_naive(drawn, target, rate):
    state = Mirostat(target, rate)
    mu = 2 * target
    for probability in drawn:
        state.learn(math.log(probability))
        mu = naive.next_mu(mu, probability, target=target, rate=rate)
    assert state.mu == pytest.approx(mu, abs=1e-9)
