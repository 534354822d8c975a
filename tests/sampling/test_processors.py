import numpy as np

from hanabi.sampling.processors import bias, count_penalties, repetition_penalty


def test_repetition_penalty_divides_positive_and_multiplies_negative_logits():
    result = repetition_penalty(np.array([3.0, -3.0, 0.0, -np.inf]), 1.5)
    assert result.tolist() == [2.0, -4.5, 0.0, -np.inf]


def test_repetition_penalty_next_to_0_does_not_warn():
    assert repetition_penalty(np.array([1.0, -1.0]), 5e-324).tolist() == [np.inf, -5e-324]


def test_count_penalties_are_the_guides():
    result = count_penalties(
        np.array([1.0, 1.0, 1.0]), np.array([0, 1, 3]), frequency=0.5, presence=0.25
    )
    assert result.tolist() == [1.0, 0.25, -0.75]


def test_bias_is_added():
    assert bias(np.array([1.0, -2.0]), np.array([-100.0, 100.0])).tolist() == [-99.0, 98.0]
