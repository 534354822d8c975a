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
    Attention,
    as_floats,
    from_floats,
    multiply,
    multiply_experts,
    multiply_floats,
    multiply_planes,
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


OUR_KINDS = (Q4_0, Q4_1, Q8_0) if OWN.leaves_packing else KINDS
"""Where the library has tiles for AMX it packs the others in its own way, and multiplies them."""

OUR_EXPERTS = () if OWN.leaves_packing else KINDS


@st.composite
def products(draw):
    """A kind of weights, weights, and rows of inputs: some elements large, some blocks zero."""
    numbers = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(OUR_KINDS))
    shared = kind in (Q4_K, Q5_K, Q6_K)  # halves, by 256 weights
    elements = draw(st.sampled_from([256, 512, 768] if shared else [64, 96, 576, 640, 672, 1536]))
    features, rows = 32 * draw(st.integers(1, 12)), draw(st.integers(1, 70))
    if not OWN.leaves_packing:  # the library packs whole strips only
        features += draw(st.sampled_from([0, 0, 1, 15, 16, 17, 31]))
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
@pytest.mark.parametrize("kind", [*OUR_EXPERTS, *FLOATS])
@pytest.mark.parametrize("tokens", [1, 2, 9, 40])
@pytest.mark.parametrize("is_shared", [True, False])
def test_the_product_of_an_expert_is_that_of_its_row_alone(kind, tokens, is_shared):
    OWN.use({"matmul"})
    OWN.forget_seen()
    numbers = np.random.default_rng(10)
    weights = numbers.normal(0, 0.1, (5, 64, 256))
    inputs = numbers.normal(0, 1, (tokens, 1 if is_shared else 3, 256)).astype(np.float32)
    experts = np.array([numbers.permutation(5)[:3] for _ in range(tokens)])
    if kind in FLOATS:
        weights = as_floats(kind, weights)
    computed = multiply_experts(kind, weights, inputs, experts, 2)
    assert all(seen.is_own for seen in OWN.seen())
    for token, slot in np.ndindex(experts.shape):
        row = inputs[token, 0 if is_shared else slot][None]
        matrix = weights[experts[token, slot]]
        alone = (
            multiply_floats(matrix[None, None], row[None, None])[0, 0]
            if kind in FLOATS
            else multiply(kind, matrix, row)
        )
        assert np.array_equal(computed[token, slot], alone[0])


@needs_kernels
@pytest.mark.parametrize("kind", OUR_EXPERTS)
@pytest.mark.parametrize("rows", [1, 5, 18])
@pytest.mark.parametrize("is_viewed", [False, True])
def test_matrices_of_planes_are_multiplied_one_by_one(kind, rows, is_viewed):
    OWN.use({"matmul"})
    OWN.forget_seen()
    numbers = np.random.default_rng(11)
    weights = numbers.normal(0, 0.1, (3, 32, 256))
    inputs = numbers.normal(0, 1, (6, rows, 256)).astype(np.float32)
    computed = multiply_planes(kind, weights, inputs, 2, is_viewed=is_viewed)
    assert all(seen.is_own for seen in OWN.seen())
    for plane in range(6):
        alone = multiply(kind, weights[plane // 2], inputs[plane])
        assert np.array_equal(computed[plane], alone)


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
    q, k = np.ones((1, 1, 2, 8), np.float32), np.ones((1, 1, 32, 8), np.float16)
    mask = np.zeros((1, 1, 2, 32), np.float16)
    Attention(q, k, k, mask, 1.0).compute()
    assert OWN.seen() == [Seen("FLASH_ATTN_EXT", "f16", "shape without a kernel", (8, 32, 1, 1), 2)]
    OWN.forget_seen()
    OWN.use(())
    q = np.ones((1, 1, 2, 64), np.float32)
    k = np.ones((1, 1, 32, 64), np.float16)
    Attention(q, k, k, mask, 1.0).compute()
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
from tests.operations import F16, Q8_0, Attention, as_floats, multiply, multiply_floats

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
for kind, *sizes in (
    *((F16, size, size) for size in (40, 64, 80, 96, 112, 128, 256)),
    *((F16, 192, 128), (F16, 576, 512), (Q8_0, 64, 64), (Q8_0, 192, 128)),
):
    for tokens in (1, 2, 3, 30):
        q = numbers.normal(0, 3, (2, 9, tokens, sizes[0])).astype(np.float32)
        k, v = (numbers.normal(0, 1, (2, 3, 150, size)).astype(np.float16) for size in sizes)
        seen = np.where(numbers.random((2, 1, tokens, 150)) < 0.7, 0, -np.inf).astype(np.float16)
        sinks = numbers.normal(0, 1, 9).astype(np.float32)
        for more in ({}, {"cap": 4.0}, {"steepest": 8.0}, {"sinks": sinks}):
            mask = seen - np.arange(150, dtype=np.float16) if "steepest" in more else seen
            asked = Attention(q, k, v, mask, 0.1, kind=kind, **more)
            digest.update(asked.compute(threads=2).tobytes())
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
