"""The kernels of our own beside the library's, and beside a naive reference."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanabi_llama.library import load
from hanabi_llama.own_kernels import FILE, NEEDS

from .operations import Q4_0, Q4_1, Q8_0, attend, multiply

OWN = load().own

needs_attention = pytest.mark.skipif(
    "attention" not in OWN.able, reason="this processor has no AVX-512, or there is no compiler"
)
needs_matmul = pytest.mark.skipif(
    "matmul" not in OWN.able, reason="this processor has no AMX, or there is no compiler"
)


@pytest.fixture(autouse=True)
def put_back():
    in_use = OWN.in_use
    yield
    OWN.use(in_use)


def reference(q, k, v, mask, scale):
    """Attention in 64 bits, key by key as its definition says."""
    shared = q.shape[1] // k.shape[1]
    keys, values = (np.repeat(x.astype(np.float64), shared, axis=1) for x in (k, v))
    scores = np.einsum("shtd,shkd->shtk", q.astype(np.float64), np.nan_to_num(keys)) * scale + mask
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return np.einsum("shtk,shkd->sthd", weights, np.nan_to_num(values))


@st.composite
def attentions(draw):
    """Queries that each see some of the keys; what none sees is not a number."""
    size = draw(st.sampled_from([64, 80, 96, 128, 256]))
    kept, shared = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    streams, tokens, keys = (draw(st.integers(1, most)) for most in (3, 20, 300))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32)))
    q = numbers.normal(0, 2, (streams, kept * shared, tokens, size)).astype(np.float32)
    k, v = numbers.normal(0, 1, (2, streams, kept, keys, size)).astype(np.float16)
    sees = numbers.random((streams, 1, tokens, keys)) < draw(st.sampled_from([0.03, 0.5, 1.0]))
    end = numbers.integers(1, keys + 1, (streams, 1, 1, 1))
    sees &= np.arange(keys) < end
    sees[..., 0] = True
    mask = np.where(sees, 0, -np.inf).astype(np.float16)
    for stream in range(streams):
        k[stream, :, end[stream, 0, 0, 0] :] = v[stream, :, end[stream, 0, 0, 0] :] = np.nan
    return q, k, v, mask, 1 / np.sqrt(size)


@needs_attention
@settings(max_examples=60, deadline=None)
@given(attentions(), st.integers(1, 3))
def test_attention_is_what_its_definition_says(asked, threads):
    OWN.use({"attention"})
    before = OWN.declined()
    assert np.allclose(attend(*asked, threads=threads), reference(*asked), rtol=2e-5, atol=2e-5)
    assert OWN.declined() == before


@needs_attention
@settings(max_examples=30, deadline=None)
@given(attentions(), st.data())
def test_attention_does_not_depend_on_what_else_is_asked(asked, data):
    OWN.use({"attention"})
    q, k, v, mask, scale = asked
    whole = attend(*asked)
    stream = data.draw(st.integers(0, len(q) - 1))
    token = data.draw(st.integers(0, q.shape[2] - 1))
    pad = np.zeros((1, *k.shape[1:2], 64, k.shape[3]), np.float16)
    alone = attend(
        q[stream : stream + 1, :, token : token + 1],
        *(np.concatenate([x[stream : stream + 1], pad], axis=2) for x in (k, v)),
        np.concatenate(
            [
                mask[stream : stream + 1, :, token : token + 1],
                np.full((1, 1, 1, 64), -np.inf, np.float16),
            ],
            axis=3,
        ),
        scale,
    )
    assert np.array_equal(alone[0, 0], whole[stream, token])


@needs_attention
def test_a_query_that_sees_nothing_gets_nothing():
    OWN.use({"attention"})
    q = np.ones((1, 2, 1, 64), np.float32)
    k = v = np.ones((1, 1, 32, 64), np.float16)
    nothing = attend(q, k, v, np.full((1, 1, 1, 32), -np.inf, np.float16), 1.0)
    assert not nothing.any()


@needs_attention
def test_attention_of_another_size_is_the_librarys():
    q = np.ones((1, 1, 1, 48), np.float32)
    k = v = np.ones((1, 1, 32, 48), np.float16)
    OWN.use({"attention"})
    before = OWN.declined()
    assert np.allclose(attend(q, k, v, np.zeros((1, 1, 1, 32), np.float16), 1.0), 1)
    assert OWN.declined() > before


@needs_matmul
@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from([Q4_0, Q4_1, Q8_0]),
    rows=st.integers(1, 70),
    features=st.integers(1, 12).map(lambda count: 32 * count),
    # Not 32: the library's tiles then add to what lay in memory before.
    elements=st.sampled_from([64, 576, 640, 672, 1536]),
    threads=st.integers(1, 3),
    seed=st.integers(0, 2**32),
)
def test_products_are_the_librarys_to_the_bit(*, kind, rows, features, elements, threads, seed):
    numbers = np.random.default_rng(seed)
    weights = numbers.normal(0, 0.1, (features, elements))
    inputs = numbers.normal(0, 1, (rows, elements)).astype(np.float32)
    inputs[:, ::7] *= 50
    inputs[0, : min(64, elements)] = 0
    OWN.use({"matmul"})
    ours = multiply(kind, weights, inputs, threads)
    OWN.use(())
    assert np.array_equal(ours, multiply(kind, weights, inputs, threads))


@needs_matmul
@pytest.mark.parametrize("elements", [32, 576])
@pytest.mark.parametrize(("kind", "error"), [(Q4_0, 0.12), (Q4_1, 0.1), (Q8_0, 0.01)])
def test_products_are_about_those_of_the_weights(kind, error, elements):
    numbers = np.random.default_rng(1)
    weights = numbers.normal(0, 1, (64, elements))
    inputs = numbers.normal(0, 1, (20, elements)).astype(np.float32)
    OWN.use({"matmul"})
    off = multiply(kind, weights, inputs) - inputs @ weights.T
    assert off.std() < error * np.sqrt(elements)


def test_what_this_processor_has_is_used():
    features = set(load().kernels.features)
    assert FILE.is_file()
    assert OWN.able == {name for name, needed in NEEDS.items() if needed <= features}


def test_they_can_be_left_out():
    asked = "from hanabi_llama.library import load; print(sorted(load().own.in_use))"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        env=os.environ | {"HANABI_LLAMA_KERNELS": "library"},
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent,
    )
    assert done.stdout == "[]\n"


def test_what_cannot_run_here_is_refused():
    with pytest.raises(ValueError, match="operations with a kernel of ours here"):
        OWN.use({"convolution"})
