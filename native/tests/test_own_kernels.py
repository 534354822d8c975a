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

from .operations import (
    KINDS,
    Q4_0,
    Q4_1,
    Q4_K,
    Q5_1,
    Q5_K,
    Q6_K,
    Q8_0,
    multiply,
    quantized,
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


OUR_KINDS = (Q4_0, Q4_1, Q8_0) if OWN.are_the_librarys else KINDS
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


@needs_kernels
@pytest.mark.skipif(not OWN.are_the_librarys, reason="the library computes in another order here")
@settings(max_examples=80, deadline=None)
@given(products(), st.integers(1, 3))
def test_products_are_the_librarys_to_the_bit(asked, threads):
    OWN.use({"matmul"})
    ours = multiply(*asked, threads)
    OWN.use(())
    assert np.array_equal(ours, multiply(*asked, threads))


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
    rounded = bytes_ * step.astype(np.float16).astype(np.float64)[..., None]
    # The sum is rounded to 32 bits before it is to 16, as the format has it.
    sums = (step * bytes_.sum(axis=-1).astype(np.float32)).astype(np.float16).astype(np.float64)
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
from tests.operations import F16, Q8_0, Attention, multiply

digest = hashlib.sha256()
numbers = np.random.default_rng(0)
for kind in OF_KINDS:
    for rows in (1, 2, 5, 8, 21, 40):
        weights, inputs = numbers.normal(0, 1, (96, 768)), numbers.normal(0, 9, (rows, 768))
        digest.update(multiply(kind, weights, inputs.astype(np.float32), 2).tobytes())
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
