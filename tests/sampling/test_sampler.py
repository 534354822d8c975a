import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hanabi.sampling.logits_error import LogitsError
from hanabi.sampling.params import SamplingParams
from hanabi.sampling.sampler import Sampler, sample

from . import naive, strategies

shares = st.floats(0, 1)
# Fractions that float32 has: a penalty of 1e-18 would only part ties that float32 cannot.
fractions = st.integers(-128, 128).map(lambda number: number / 64)


@st.composite
def options(draw, **fixed):
    """Any valid options, each off in about half of the cases."""
    fields = {
        "temperature": st.floats(0.05, 2),
        "top_p": shares,
        "top_k": st.integers(1, 400),
        "min_p": st.floats(1e-6, 1),
        "typical_p": shares,
        "frequency_penalty": fractions,
        "presence_penalty": fractions,
        "repetition_penalty": st.floats(0.1, 2),
        "logit_bias": st.dictionaries(
            st.integers(0, 19), fractions.map(lambda x: 50 * x), max_size=5
        ),
        "mirostat_target": st.floats(0, 8),
    }
    chosen = {name: draw(values) for name, values in fields.items() if draw(st.booleans())}
    return SamplingParams(**chosen, **fixed)


def steps(params, rows, *, prompt=(), choice=0, logprobs=5):
    """What one choice samples from each of `rows` in turn, on its own."""
    sampler = Sampler(params, prompt, choice)
    return [sample(row[None, :], [sampler], [logprobs])[0] for row in rows]


def tokens(*args, **kwargs):
    return [sampled.token for sampled in steps(*args, **kwargs)]


def random_rows(seed, count, vocab, scale=3.0):
    random = np.random.default_rng(seed)
    return strategies.frozen(random.standard_normal((count, vocab)) * scale)


token_lists = st.lists(st.integers(0, 19), max_size=12)


@settings(max_examples=300)
@given(strategies.logits(least=20), options(), token_lists, token_lists)
def test_the_distribution_equals_naive(row, params, prompt, sampled):
    sampler = Sampler(params, prompt)
    mu = None if params.mirostat_target is None else 2 * params.mirostat_target
    for token in sampled:
        sampler.observe(token, math.log(0.5))
        if mu is not None:
            mu = naive.next_mu(mu, 0.5, target=params.mirostat_target, rate=params.mirostat_lr)
    expected, margin = naive.distribution(
        row.tolist(), params, prompt=prompt, sampled=sampled, mu=mu
    )
    assume(margin > 1e-4)
    ids, probabilities = sampler.candidates(row).probabilities()
    assert ids.size == np.unique(ids).size
    dense = np.zeros(row.size)
    dense[ids] = probabilities
    wanted = np.zeros(row.size)
    wanted[list(expected)] = list(expected.values())
    assert dense == pytest.approx(wanted, rel=1e-3, abs=1e-7)


@given(strategies.logits(least=20), options(seed=1))
def test_sampling_logprob_is_that_of_the_final_distribution(row, params):
    sampler = Sampler(params)
    ids, probabilities = sampler.candidates(row).probabilities()
    (sampled,) = sample(row[None, :], [sampler], [0])
    expected = math.log(probabilities[ids.tolist().index(sampled.token)])
    assert sampled.row.sampling_logprob == pytest.approx(expected, abs=1e-5)


@given(strategies.logits(least=20), options(seed=3))
def test_rows_are_raw_whatever_the_options(row, params):
    (shaped,) = steps(params, [row])
    raw = naive.log_softmax(row.tolist())
    assert shaped.row.logprob == pytest.approx(max(raw[shaped.token], -9999.0), abs=1e-6)
    assert [i for i, _ in shaped.row.top] == naive.ranking(row.tolist())[:5]


def test_frequencies_follow_the_probabilities():
    row = strategies.frozen([0.0, 1.0, 2.0, 0.5, -1.0, -9.0])
    params = SamplingParams(temperature=0.7, top_p=0.98, seed=11)
    sampler = Sampler(params)
    draws = 2_000
    drawn = [sample(row[None, :], [sampler], [None])[0].token for _ in range(draws)]
    expected, _ = naive.distribution(row.tolist(), params)
    assert set(drawn) == set(expected)
    chi_square = sum(
        (drawn.count(token) - draws * p) ** 2 / (draws * p) for token, p in expected.items()
    )
    assert chi_square < 16.3  # 0.1 % at 3 degrees of freedom
    assert len(expected) == 4


def test_temperature_0_takes_the_greatest_and_of_equals_the_lowest_id():
    rows = [strategies.frozen([1, 3, 3, 2]), strategies.frozen([-math.inf, -5, -4, -4])]
    params = SamplingParams(temperature=0, top_p=0.1, typical_p=0.1, mirostat_target=3.0)
    results = steps(params, rows)
    assert [sampled.token for sampled in results] == [1, 2]
    assert [sampled.row.sampling_logprob for sampled in results] == [0.0, 0.0]


def test_temperature_0_heeds_penalties_and_bias():
    row = strategies.frozen([2.0, 1.0, 0.0])
    assert tokens(SamplingParams(temperature=0, presence_penalty=1.5), [row] * 3) == [0, 1, 0]
    assert tokens(SamplingParams(temperature=0, logit_bias={2: 100.0}), [row]) == [2]
    assert tokens(SamplingParams(temperature=0, logit_bias={0: -100.0}), [row]) == [1]
    assert tokens(
        SamplingParams(temperature=0, repetition_penalty=2.0), [row] * 2, prompt=[0, 0, 0]
    ) == [0, 0]
    assert tokens(SamplingParams(temperature=0, repetition_penalty=2.0), [row - 3], prompt=[0]) == [
        0
    ]


def test_temperature_0_uses_no_random_number():
    sampler = Sampler(SamplingParams(temperature=0, frequency_penalty=1.0, seed=1))
    before = sampler._random.bit_generator.state
    sample(random_rows(0, 1, 50), [sampler], [None])
    assert sampler._random.bit_generator.state == before


@given(options(seed=4), st.integers(0, 127))
def test_each_token_uses_one_random_number(params, choice):
    rows = random_rows(5, 3, 40)
    sampler = Sampler(params, choice=choice)
    expected = np.random.default_rng(np.random.SeedSequence(4, spawn_key=(choice,)))
    for row in rows:
        sample(row[None, :], [sampler], [None])
        expected.random()
        assert sampler._random.bit_generator.state == expected.bit_generator.state


@settings(max_examples=30)
@given(options(seed=8), st.integers(0, 2**32 - 1), st.sampled_from([0, 5, 40]))
def test_a_row_of_a_large_vocabulary_is_the_same_alone_and_at_any_place(params, seed, count):
    """Shapes and addresses choose the loops of numpy: none may change a bit."""
    vocab = 4_999
    rows = np.random.default_rng(seed).standard_normal((3, vocab)) * 4
    rows = strategies.frozen(rows)
    (alone,) = sample(np.array(rows[1:2]), [Sampler(params)], [count])
    samplers = [Sampler(SamplingParams(seed=1)), Sampler(params), Sampler(SamplingParams())]
    assert sample(rows, samplers, [None, count, 3])[1] == alone
    shifted = np.empty(vocab + 1, np.float32)[1:]
    shifted[:] = rows[1]
    assert sample(shifted[None, :], [Sampler(params)], [count]) == [alone]


@settings(max_examples=40)
@given(options(seed=9), st.lists(options(), max_size=4), st.integers(20, 77), st.integers(0, 4))
def test_a_seed_repeats_to_the_last_bit_alone_and_among_neighbours(params, others, vocab, place):
    count = 6
    rows = random_rows(1, count, vocab)
    alone = steps(params, rows, prompt=[3, 3, 4], choice=2)
    assert steps(params, rows, prompt=[3, 3, 4], choice=2) == alone

    place = min(place, len(others))
    samplers = [Sampler(other, [1]) for other in others]
    samplers.insert(place, Sampler(params, [3, 3, 4], 2))
    crowd = []
    for step in range(count):
        batch = np.array(random_rows(100 + step, len(samplers), vocab))
        batch[place] = rows[step]
        wanted = [None] * len(samplers)
        wanted[place] = 5
        crowd.append(sample(strategies.frozen(batch), samplers, wanted)[place])
    assert crowd == alone


def test_choices_of_one_seed_differ_and_so_do_seeds():
    rows = random_rows(2, 20, 500, scale=1.0)
    drawn = {
        tuple(tokens(SamplingParams(seed=seed), rows, choice=choice))
        for seed in (0, 1, 2**63 - 1)
        for choice in range(5)
    }
    assert len(drawn) == 15


def test_without_a_seed_every_run_is_another():
    rows = random_rows(2, 20, 500, scale=1.0)
    assert tokens(SamplingParams(), rows) != tokens(SamplingParams(), rows)


@given(options(seed=6), st.integers(0, 19))
def test_a_prompt_full_of_a_token_changes_nothing_for_frequency_and_presence(params, token):
    assume(params.repetition_penalty == 1.0)
    rows = random_rows(3, 5, 30)
    assert steps(params, rows, prompt=[token] * 50) == steps(params, rows)


def test_a_repetition_penalty_counts_the_prompt():
    row = strategies.frozen([2.0, 1.5, 0.0])
    params = SamplingParams(temperature=0, repetition_penalty=1.5)
    assert tokens(params, [row]) == [0]
    assert tokens(params, [row], prompt=[0]) == [1]


def test_mirostat_learns_from_what_was_drawn():
    rows = random_rows(8, 30, 200)
    params = SamplingParams(mirostat_target=3.0, mirostat_lr=0.2, seed=5)
    sampler = Sampler(params)
    mu = 6.0
    for row in rows:
        expected, margin = naive.distribution(row.tolist(), params, mu=mu)
        assert margin > 1e-6
        (sampled,) = sample(row[None, :], [sampler], [None])
        mu = naive.next_mu(mu, expected[sampled.token], target=3.0, rate=0.2)
    assert mu != 6.0
    assert sampler._mirostat.mu == pytest.approx(mu, abs=1e-4)


def test_mirostat_takes_the_place_of_the_filters():
    row = random_rows(8, 1, 200)[0]
    alone = Sampler(SamplingParams(mirostat_target=4.0)).candidates(row)
    both = Sampler(
        SamplingParams(mirostat_target=4.0, top_k=1, top_p=0.1, min_p=0.9, typical_p=0.1)
    ).candidates(row)
    assert alone.ids.size > 1
    assert both.ids.tolist() == alone.ids.tolist()


@given(options(seed=2), st.sampled_from([0.01, 0.7, 2.0]), st.sampled_from([1e4, 1e30, 3.4e38]))
def test_extreme_logits_neither_warn_nor_fail(params, temperature, size):
    fields = {name: getattr(params, name) for name in params.__struct_fields__}
    params = SamplingParams(**(fields | {"temperature": temperature}))
    row = strategies.frozen([size, -size, 0, -math.inf, 1, -1, size / 2] * 5)
    results = steps(params, [row] * 4, prompt=[0, 1, 2, 3])
    assert all(math.isfinite(sampled.row.sampling_logprob) for sampled in results)
    assert all(math.isfinite(value) for sampled in results for _, value in sampled.row.top)


def test_a_repetition_penalty_next_to_0_neither_warns_nor_fails():
    params = SamplingParams(repetition_penalty=5e-324, seed=1)
    assert tokens(params, [strategies.frozen([1, -1, 5, -math.inf])] * 2, prompt=[0, 1, 3]) == [
        0,
        0,
    ]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_row_that_is_no_distribution_is_an_error_before_anything_advances(bad):
    good, broken = random_rows(4, 1, 30)[0], np.array(random_rows(5, 1, 30)[0])
    broken[7] = bad
    params = SamplingParams(seed=1, frequency_penalty=1.0)
    samplers = [Sampler(params), Sampler(params)]
    with pytest.raises(LogitsError) as raised:
        sample(strategies.frozen([good, broken]), samplers, [None, None])
    assert raised.value.rows == (1,)
    assert tokens(params, [good]) == [sample(good[None, :], samplers[:1], [None])[0].token]
    assert samplers[0]._occurrences.ids.size == 1


def test_a_row_of_nothing_but_impossible_tokens_is_an_error():
    with pytest.raises(LogitsError):
        steps(SamplingParams(), [strategies.frozen([-math.inf] * 3)])


def test_rows_are_made_only_where_asked_for():
    logits = random_rows(6, 3, 40)
    samplers = [Sampler(SamplingParams(seed=1)) for _ in range(3)]
    results = sample(logits, samplers, [None, 0, 4])
    assert results[0].row is None
    assert results[1].row.top == ()
    assert len(results[2].row.top) == 4


def test_the_logits_are_not_kept():
    params = SamplingParams(seed=1, repetition_penalty=1.3, mirostat_target=3.0)
    rows = random_rows(7, 5, 60)
    sampler, results = Sampler(params), []
    for row in rows:
        buffer = np.array(row[None, :])
        results += sample(buffer, [sampler], [3])
        buffer[:] = math.nan
    assert results == steps(params, rows, logprobs=3)


def test_samplers_and_rows_are_as_many():
    with pytest.raises(ValueError, match="zip"):
        sample(random_rows(0, 2, 9), [Sampler(SamplingParams())], [None])
