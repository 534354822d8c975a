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
from hanabi_llama.own_kernels import BUILDS, OPERATIONS, build_file
from hanabi_llama.seen import Seen

from .operations import (
    FLOATS,
    IQ4_NL,
    KINDS,
    Q4_0,
    Q4_1,
    Q4_K,
    Q5_1,
    Q5_K,
    Q6_K,
    Q8_0,
    as_floats,
    attend,
    from_floats,
    multiply,
    multiply_floats,
    quantized,
    rows_of,
    unpacked,
)

OWN = load().own

needs_kernels = pytest.mark.skipif(
    not OWN.able, reason="this processor has no AVX2, or there is no compiler"
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


@needs_kernels
@settings(max_examples=60, deadline=None)
@given(attentions(), st.integers(1, 3))
def test_attention_is_what_its_definition_says(asked, threads):
    OWN.use({"attention"})
    before = OWN.declined()
    assert np.allclose(attend(*asked, threads=threads), reference(*asked), rtol=2e-5, atol=2e-5)
    assert OWN.declined() == before


@needs_kernels
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


@needs_kernels
def test_a_query_that_sees_nothing_gets_nothing():
    OWN.use({"attention"})
    q = np.ones((1, 2, 1, 64), np.float32)
    k = v = np.ones((1, 1, 32, 64), np.float16)
    nothing = attend(q, k, v, np.full((1, 1, 1, 32), -np.inf, np.float16), 1.0)
    assert not nothing.any()


@needs_kernels
def test_attention_of_another_size_is_the_librarys():
    q = np.ones((1, 1, 1, 48), np.float32)
    k = v = np.ones((1, 1, 32, 48), np.float16)
    OWN.use({"attention"})
    before = OWN.declined()
    assert np.allclose(attend(q, k, v, np.zeros((1, 1, 1, 32), np.float16), 1.0), 1)
    assert OWN.declined() > before


OUR_KINDS = (Q4_0, Q4_1, Q8_0) if OWN.leaves_packing else KINDS
"""Where the library has tiles for AMX it packs the others in its own way, and multiplies them."""


@st.composite
def products(draw):
    """A kind of weights, weights, and rows of inputs: some elements large, some blocks zero."""
    numbers = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(OUR_KINDS))
    shared = kind in (Q4_K, Q5_K, Q6_K)  # halves, by 256 weights
    elements = draw(st.sampled_from([256, 512, 768] if shared else [64, 96, 576, 640, 672, 1536]))
    features, rows = 32 * draw(st.integers(1, 12)), draw(st.integers(1, 70))
    weights = numbers.normal(0, 0.1, (features, elements))
    inputs = numbers.normal(0, 1, (rows, elements)).astype(np.float32)
    inputs[:, ::7] *= 50
    inputs[0, : min(64, elements)] = 0
    return kind, weights, inputs


QUANTS_FROM = {Q4_1: 4, Q5_1: 4, Q4_K: 16, Q5_K: 16}
"""Kinds with minima -> the byte of a block where the quants begin."""


def rounded_product(kind, weights, inputs):
    """The product of weights as files have them with inputs rounded to bytes, in 64 bits."""
    packed = quantized(kind, weights)
    whole = unpacked(kind, packed)
    minima = np.zeros_like(whole)
    if kind in QUANTS_FROM:
        packed[..., QUANTS_FROM[kind] :] = 0
        minima = unpacked(kind, packed)
    blocks = inputs.reshape(len(inputs), -1, 32)
    most = np.abs(blocks).max(axis=-1)
    inverse = np.divide(127, most, out=np.zeros_like(most), where=most > 0, dtype=np.float32)
    bytes_ = np.rint(blocks * inverse[..., None]).astype(np.int64)
    step = most / np.float32(127)
    rounded = bytes_ * step.astype(np.float64)[..., None]
    sums = (step * bytes_.sum(axis=-1).astype(np.float32)).astype(np.float64)
    return rounded.reshape(inputs.shape) @ (whole - minima).T + sums @ minima[:, ::32].T


@needs_kernels
@settings(max_examples=60, deadline=None)
@given(products(), st.integers(1, 3))
def test_products_are_what_their_definition_says(asked, threads):
    OWN.use({"matmul"})
    wanted = rounded_product(*asked)
    assert np.allclose(multiply(*asked, threads), wanted, rtol=1e-4, atol=1e-5 * abs(wanted).max())


@needs_kernels
@settings(max_examples=30, deadline=None)
@given(products(), st.data())
def test_a_product_does_not_depend_on_other_rows(asked, data):
    OWN.use({"matmul"})
    kind, weights, inputs = asked
    row = data.draw(st.integers(0, len(inputs) - 1))
    alone = multiply(kind, weights, inputs[row : row + 1])
    assert np.array_equal(alone[0], multiply(kind, weights, inputs)[row])


@needs_kernels
@settings(max_examples=60, deadline=None)
@given(products(), st.integers(-30, 30), st.integers(1, 3))
def test_products_hold_for_inputs_of_any_magnitude(asked, power, threads):
    """Each row is as far from the product in 64 bits as rounding inputs to bytes explains."""
    OWN.use({"matmul"})
    kind, weights, inputs = asked
    powers = power + np.arange(len(inputs)) % 3
    inputs = (inputs * 10.0 ** np.clip(powers, -30, 30)[:, None]).astype(np.float32)
    whole = unpacked(kind, quantized(kind, weights))
    blocks = np.abs(inputs.astype(np.float64)).reshape(len(inputs), -1, 32)
    steps = np.repeat(blocks.max(axis=-1) / 127, 32, axis=-1)
    allowed = (0.502 * steps + 1e-5 * np.abs(inputs)) @ np.abs(whole).T
    assert (np.abs(multiply(kind, weights, inputs, threads) - inputs @ whole.T) <= allowed).all()


ODD_INPUTS = {
    "too large for half floats": 1e5,
    "the largest": 1e37,
    "inverse overflows": 1e-37,
    "denormal": 1e-40,
    "the smallest": 1e-45,
    "zero": 0.0,
}


@needs_kernels
@pytest.mark.parametrize("kind", OUR_KINDS)
@pytest.mark.parametrize("size", ODD_INPUTS.values(), ids=ODD_INPUTS)
def test_products_of_very_large_and_very_small_inputs(kind, size):
    OWN.use({"matmul"})
    weights = np.random.default_rng(5).normal(0, 0.1, (32, 256))
    inputs = np.ones((3, 256), np.float32)
    inputs[1] *= np.float32(size)
    whole = unpacked(kind, quantized(kind, weights))
    computed = multiply(kind, weights, inputs)
    assert np.allclose(computed[[0, 2]], whole.sum(axis=1), rtol=1e-4, atol=1e-4)
    exact = inputs[1].astype(np.float64) @ whole.T
    # A block of inputs that are all below 2 to the -118 counts as zeros.
    assert np.allclose(computed[1], exact, rtol=1e-4, atol=max(1e-4 * size, 1e-33))


@needs_kernels
@pytest.mark.parametrize("kind", OUR_KINDS)
@pytest.mark.parametrize("rows", [1, 3, 20])
@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("place", [0, 15, 16, 40, 255])
def test_what_is_no_number_stays_in_its_row(kind, rows, odd, place):
    OWN.use({"matmul"})
    numbers = np.random.default_rng(6)
    weights, inputs = numbers.normal(0, 0.1, (32, 256)), numbers.normal(0, 1, (rows, 256))
    inputs = inputs.astype(np.float32)
    wanted = multiply(kind, weights, inputs)
    inputs[rows // 2, place] = odd
    computed = multiply(kind, weights, inputs)
    assert not np.isfinite(computed[rows // 2]).any()
    others = np.arange(rows) != rows // 2
    assert np.array_equal(computed[others], wanted[others])


@needs_kernels
@pytest.mark.skipif(OWN.leaves_packing, reason="the library packs here, and cannot read rows")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("threads", [1, 3])
def test_rows_of_packed_weights_can_be_read(kind, threads):
    """A model may use its output weights as its embeddings too (CodeShell)."""
    OWN.use({"matmul"})
    weights = np.random.default_rng(7).normal(0, 1, (64, 512))
    numbers = np.array([0, 63, 17, 17, 5])
    whole = unpacked(kind, quantized(kind, weights))
    assert np.allclose(
        rows_of(kind, weights, numbers, threads), whole[numbers], rtol=1e-6, atol=1e-6
    )


@st.composite
def float_products(draw):
    """A kind of floats, weights and inputs of some planes, some of which share weights."""
    numbers = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(FLOATS))
    elements = draw(st.sampled_from([1, 7, 16, 40, 64, 512, 777]))
    outer, inner, shared = (draw(st.integers(1, most)) for most in (2, 3, 3))
    features, rows = draw(st.integers(1, 70)), draw(st.integers(1, 20))
    weights = numbers.normal(0, 0.1, (outer, inner, features, elements))
    inputs = numbers.normal(0, 1, (outer, inner * shared, rows, elements)).astype(np.float32)
    return as_floats(kind, weights), inputs, from_floats(kind, as_floats(kind, weights))


@needs_kernels
@settings(max_examples=60, deadline=None)
@given(float_products(), st.integers(1, 3))
def test_products_of_floats_are_what_their_definition_says(asked, threads):
    OWN.use({"matmul"})
    OWN.forget_seen()
    weights, inputs, whole = asked
    whole = np.repeat(whole, inputs.shape[1] // whole.shape[1], axis=1)
    wanted = inputs.astype(np.float64) @ whole.swapaxes(2, 3)
    size = np.abs(inputs) @ np.abs(whole).swapaxes(2, 3)
    computed = multiply_floats(weights, inputs, threads)
    assert (np.abs(computed - wanted) <= 2e-6 * size).all()
    assert all(seen.is_own for seen in OWN.seen())


@needs_kernels
@settings(max_examples=60, deadline=None)
@given(float_products(), st.data())
def test_a_product_of_floats_does_not_depend_on_other_rows_and_columns(asked, data):
    OWN.use({"matmul"})
    weights, inputs, _ = asked
    whole = multiply_floats(weights, inputs, 2)
    row = data.draw(st.integers(0, inputs.shape[2] - 1))
    column = data.draw(st.integers(0, weights.shape[2] - 1))
    alone = multiply_floats(weights, inputs[:, :, row : row + 1])
    assert np.array_equal(alone[:, :, 0], whole[:, :, row])
    alone = multiply_floats(weights[:, :, column : column + 1], inputs)
    assert np.array_equal(alone[..., 0], whole[..., column])


@needs_kernels
@pytest.mark.parametrize("kind", FLOATS)
@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan])
def test_what_is_no_number_stays_in_its_row_of_floats(kind, odd):
    OWN.use({"matmul"})
    weights = as_floats(kind, np.random.default_rng(9).normal(0, 1, (1, 1, 9, 70)))
    inputs = np.ones((1, 1, 5, 70), np.float32)
    wanted = multiply_floats(weights, inputs)
    inputs[0, 0, 3, 69] = odd
    computed = multiply_floats(weights, inputs)
    assert not np.isfinite(computed[0, 0, 3]).any()
    assert np.array_equal(np.delete(computed, 3, axis=2), np.delete(wanted, 3, axis=2))


@needs_kernels
def test_what_ran_where_is_told():
    OWN.use(OPERATIONS)
    OWN.forget_seen()
    assert OWN.seen() == []
    numbers = np.random.default_rng(8)
    multiply(Q8_0, numbers.normal(size=(32, 64)), numbers.normal(size=(3, 64)).astype(np.float32))
    assert OWN.seen() == [Seen("MUL_MAT", "q8_0", "", (64, 32, 1, 1), 3)]
    assert OWN.seen()[0].is_own
    OWN.forget_seen()
    q, k = np.ones((1, 1, 2, 48), np.float32), np.ones((1, 1, 32, 48), np.float16)
    attend(q, k, k, np.zeros((1, 1, 2, 32), np.float16), 1.0)
    assert OWN.seen() == [
        Seen("FLASH_ATTN_EXT", "f16", "shape without a kernel", (48, 32, 1, 1), 2)
    ]
    OWN.forget_seen()
    OWN.use(())
    q = np.ones((1, 1, 2, 64), np.float32)
    k = np.ones((1, 1, 32, 64), np.float16)
    attend(q, k, k, np.zeros((1, 1, 2, 32), np.float16), 1.0)
    assert [(seen.reason, seen.is_own) for seen in OWN.seen()] == [("switched off", False)]


@needs_kernels
def test_a_product_of_another_type_is_told_as_the_librarys():
    OWN.use(OPERATIONS)
    OWN.forget_seen()
    multiply(IQ4_NL, np.ones((32, 64)), np.ones((1, 64), np.float32))
    (seen,) = OWN.seen()
    assert (seen.operation, seen.weights, seen.reason) == (
        "MUL_MAT",
        "iq4_nl",
        "type without a kernel",
    )


def test_what_this_processor_has_is_used():
    features = set(load().kernels.features)
    able = [build for build, needed in BUILDS.items() if needed <= features]
    assert all(build_file(build).is_file() for build in able)
    assert OWN.build == (able[0] if able else None)
    assert OWN.able == (OPERATIONS if able else frozenset())


def asked_of(build, program):
    """What a program prints with another choice of the kernels."""
    return subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"HANABI_LLAMA_KERNELS": build},
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    ).stdout


def test_they_can_be_left_out():
    asked = "from hanabi_llama.library import load; print(sorted(load().own.in_use))"
    assert asked_of("library", asked) == "[]\n"


SOME_RESULTS = """
import hashlib
import numpy as np
from hanabi_llama.library import load
from tests.operations import as_floats, attend, multiply, multiply_floats

digest = hashlib.sha256()
numbers = np.random.default_rng(0)
for kind in OF_KINDS:
    for rows in (1, 2, 5, 8, 21, 40):
        weights, inputs = numbers.normal(0, 1, (96, 768)), numbers.normal(0, 9, (rows, 768))
        digest.update(multiply(kind, weights, inputs.astype(np.float32), 2).tobytes())
for kind in (0, 1, 30):
    for rows in (1, 2, 7):
        weights = as_floats(kind, numbers.normal(0, 1, (1, 2, 37, 300)))
        inputs = numbers.normal(0, 9, (1, 4, rows, 300)).astype(np.float32)
        digest.update(multiply_floats(weights, inputs, 2).tobytes())
for size in (64, 80, 96, 128, 256):
    for tokens in (1, 2, 3, 30):
        q = numbers.normal(0, 3, (2, 9, tokens, size)).astype(np.float32)
        k, v = numbers.normal(0, 1, (2, 2, 3, 150, size)).astype(np.float16)
        mask = np.where(numbers.random((2, 1, tokens, 150)) < 0.7, 0, -np.inf).astype(np.float16)
        digest.update(attend(q, k, v, mask, 0.1, threads=2).tobytes())
print(load().own.build, digest.hexdigest())
""".replace("OF_KINDS", repr(OUR_KINDS))  # the best build's: another one has more where AMX is


@needs_kernels
def test_every_build_gives_the_same_bits():
    features = set(load().kernels.features)
    able = [build for build, needed in BUILDS.items() if needed <= features]
    said = [asked_of(build, SOME_RESULTS).split() for build in able]
    assert [build for build, _ in said] == able
    assert len({digest for _, digest in said}) == 1


def test_what_cannot_run_here_is_refused():
    with pytest.raises(ValueError, match="operations with a kernel of ours here"):
        OWN.use({"convolution"})
