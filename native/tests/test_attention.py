"""One attention kernel for every pass: logits that do not depend on cuts and neighbours."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanabi_llama import Batch, Context
from hanabi_llama.attention import is_plain
from hanabi_llama.library import load

from .operations import F16, Q8_0, Attention, quantized, unpacked

OWN = load().own

needs_kernel = pytest.mark.skipif(
    not OWN.able, reason="this processor has no AVX2, or there is no compiler"
)

SIZES = (
    *((size, size) for size in (16, 32, 40, 48, 64, 72, 80, 96, 112, 128, 160, 192, 256, 512)),
    *((192, 128), (576, 512), (23, 41)),
)
"""Elements of a key and of a value."""

SLOTS = 3
LENGTH = 620
TAIL = 130
"""Longer than the 64 tokens, and behind the 512, from which the library would change kernels."""


def decode(context, batch, *chunks):
    """The logits of every token of the chunks, each (sequence, start, ids)."""
    size = 0
    for sequence, start, ids in chunks:
        end = size + len(ids)
        batch.token[size:end] = ids
        batch.position[size:end] = range(start, start + len(ids))
        batch.sequence[size:end] = sequence
        batch.output[size:end] = 1
        size = end
    batch.size = size
    context.decode(batch)
    return context.logits(size).copy()


@pytest.fixture(scope="module", params=["own", "library"])
def context(request, model):
    own = model.library.own
    in_use = own.in_use
    if request.param == "own" and "attention" not in own.able:
        pytest.skip("this processor has no AVX2, or there is no compiler")
    own.use(own.able if request.param == "own" else ())
    with Context(
        model,
        slots=SLOTS,
        context_length=1024,
        batch_size=LENGTH,
        max_outputs=LENGTH,
        threads=2,
        threads_batch=2,
        poll=0,
        micro_batch=LENGTH,
        one_attention_kernel=True,
    ) as context:
        assert context.has_own_attention is (request.param == "own")
        yield context
    own.use(in_use)


@pytest.fixture(scope="module")
def ids(model):
    numbers = np.random.default_rng(0)
    return numbers.integers(300, model.vocab.n_tokens, LENGTH).tolist()


@pytest.fixture(scope="module")
def whole(context, ids):
    rows = decode(context, Batch(LENGTH), (0, 0, ids))
    context.clear()
    return rows[-TAIL:]


@pytest.mark.parametrize("cuts", [[1] * 40, [2] * 20, [5, 1, 17, 3, 64, 40], [130]])
def test_cuts_change_no_bit(context, ids, whole, cuts):
    batch = Batch(LENGTH)
    at = LENGTH - TAIL
    decode(context, batch, (0, 0, ids[:at]))
    rows = []
    for size in cuts:
        rows.extend(decode(context, batch, (0, at, ids[at : at + size])))
        at += size
    context.clear()
    assert np.array_equal(rows, whole[: sum(cuts)])


def test_neighbours_change_no_bit(context, ids, whole):
    batch = Batch(LENGTH)
    at = LENGTH - TAIL
    decode(context, batch, (0, 0, ids[:at]))
    decode(context, batch, (1, 0, ids[:7]))
    rows = [
        decode(context, batch, (0, at + step, [ids[at + step]]), (1, 7 + step, [ids[step]]))[0]
        for step in range(20)
    ]
    context.clear()
    assert np.array_equal(rows, whole[:20])


def tiled(context, batch, *chunks):
    """The logits of every token of the chunks, each 64 tokens that go through the tiled kernel."""
    size = 0
    for sequence, start, ids in chunks:
        end = size + len(ids)
        batch.token[size:end] = ids
        batch.position[size:end] = range(start, end - size + start)
        batch.sequence[size:end] = sequence
        batch.output[size:end] = 1
        size = end
    batch.size = size
    context.decode(batch, tiled=True)
    return context.logits(size).copy()


def test_tiles_are_the_same_beside_others_and_nearly_what_the_plain_kernel_gives(
    context, ids, whole
):
    if context.has_own_attention:
        pytest.skip("nothing is tiled")
    batch = Batch(LENGTH)
    at = LENGTH - TAIL
    decode(context, batch, (0, 0, ids[:at]))
    alone = tiled(context, batch, (0, at, ids[at : at + 64]))
    context.remove(0, at)
    decode(context, batch, (1, 0, ids[100:200]))
    both = tiled(context, batch, (0, at, ids[at : at + 64]), (1, 100, ids[:64]))
    context.clear()
    assert np.array_equal(both[:64], alone)
    assert not np.array_equal(alone, whole[:64])  # else nothing was tiled
    assert np.abs(alone - whole[:64]).mean() < 0.2


@pytest.mark.parametrize(
    ("sequences", "position", "plain"),
    [
        ([0], 127, True),
        ([0], 128, False),
        ([0, 1, 2], 600, True),
        ([0, 2], 600, False),
        ([0, 0], 600, False),
        ([0] * 63, 0, True),
        ([0] * 64, 0, False),
    ],
)
def test_where_the_library_takes_the_plain_kernel_by_itself(sequences, position, plain):
    batch = Batch(len(sequences))
    batch.size = len(sequences)
    batch.sequence[:] = sequences
    batch.position[:] = position
    assert is_plain(batch) is plain


@pytest.fixture
def own_attention():
    in_use = OWN.in_use
    OWN.use({"attention"})
    yield
    OWN.use(in_use)


def cached(array, kind):
    """What the cache holds of keys or values, float64; 0 for what is not a number."""
    array = np.nan_to_num(array)
    if kind == F16:
        return array.astype(np.float64)
    rows = array.reshape(-1, array.shape[-1])
    return unpacked(kind, quantized(kind, rows)).reshape(array.shape)


def slopes(steepest, heads):
    """ALiBi's, as its paper has them for powers of two, and between those for other numbers."""
    if steepest == 0:
        return np.ones(heads)
    power = 2 ** int(np.log2(heads))
    first = 2 ** (-steepest * np.arange(1, power + 1) / power)
    between = 2 ** (-steepest / 2 * np.arange(1, 2 * (heads - power), 2) / power)
    return np.concatenate([first, between])


def reference(asked):
    """Attention in 64 bits, key by key as its definition says."""
    heads = asked.q.shape[1]
    shared = heads // asked.k.shape[1]
    keys, values = (np.repeat(cached(x, asked.kind), shared, axis=1) for x in (asked.k, asked.v))
    scores = np.einsum("shtd,shkd->shtk", asked.q.astype(np.float64), keys) * asked.scale
    if asked.cap:
        scores = asked.cap * np.tanh(scores / asked.cap)
    if asked.mask is not None:
        planes = np.repeat(asked.mask, heads // asked.mask.shape[1], axis=1)
        if asked.mask.shape[1] > 1:  # heads take turns
            planes = np.tile(asked.mask, (1, heads // asked.mask.shape[1], 1, 1))
        mask = planes.astype(np.float64)
        scores = scores + slopes(asked.steepest, heads)[:, None, None] * mask
    if asked.sinks is not None:
        sinks = np.broadcast_to(asked.sinks[:, None, None], (*scores.shape[:-1], 1))
        scores = np.concatenate([scores, sinks], axis=-1)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return np.einsum("shtk,shkd->sthd", weights[..., : keys.shape[2]], values)


@st.composite
def attentions(draw, sizes=SIZES):
    """Queries that each see some of the keys; what no query of a stream sees is not a number."""
    kind = draw(st.sampled_from([F16, F16, Q8_0]))
    sizes = [pair for pair in sizes if kind == F16 or not any(size % 32 for size in pair)]
    key_size, value_size = draw(st.sampled_from(sizes))
    kept, shared = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    streams, tokens, keys = (draw(st.integers(1, most)) for most in (3, 20, 300))
    heads = kept * shared
    numbers = np.random.default_rng(draw(st.integers(0, 2**32)))
    q = numbers.normal(0, 2, (streams, heads, tokens, key_size)).astype(np.float32)
    k = numbers.normal(0, 1, (streams, kept, keys, key_size)).astype(np.float16)
    v = numbers.normal(0, 1, (streams, kept, keys, value_size)).astype(np.float16)
    planes = draw(st.sampled_from([1, 1, heads]))
    window = draw(st.sampled_from([keys, 1, 30, 70]))
    last = numbers.integers(0, keys, (streams, planes, tokens, 1))
    at = np.arange(keys)
    sees = (at <= last) & (at > last - window)
    sees &= (at == last) | (numbers.random(sees.shape) < draw(st.sampled_from([0.1, 0.9, 1.0])))
    by_any = sees.any(axis=(1, 2))[:, None, :, None]
    k, v = (np.where(by_any, array, np.float16(np.nan)) for array in (k, v))
    steepest = draw(st.sampled_from([0.0, 0.0, 8.0, 3.5]))
    bias = at - last if steepest else 0
    return Attention(
        *(q, k, v, np.where(sees, bias, -np.inf).astype(np.float16), key_size**-0.5),
        steepest=steepest,
        cap=draw(st.sampled_from([0.0, 0.0, 0.5, 30.0])),
        sinks=draw(st.sampled_from([None, numbers.normal(0, 3, heads).astype(np.float32)])),
        kind=kind,
    )


@needs_kernel
@pytest.mark.usefixtures("own_attention")
@settings(max_examples=80, deadline=None)
@given(attentions(), st.integers(1, 3))
def test_it_is_what_its_definition_says(asked, threads):
    before = OWN.declined()
    assert np.allclose(asked.compute(threads), reference(asked), rtol=3e-5, atol=3e-5)
    assert OWN.declined() == before


@needs_kernel
@pytest.mark.usefixtures("own_attention")
@settings(max_examples=50, deadline=None)
@given(attentions(), st.data())
def test_it_does_not_depend_on_what_else_is_asked(asked, data):
    whole = asked.compute(data.draw(st.integers(1, 3)))
    stream = data.draw(st.integers(0, len(asked.q) - 1))
    token = data.draw(st.integers(0, asked.q.shape[2] - 1))
    mine, more = slice(stream, stream + 1), ((0, 0), (0, 0), (0, 64), (0, 0))
    alone = replace(
        asked,
        q=asked.q[mine, :, token : token + 1],
        **{name: np.pad(getattr(asked, name)[mine], more) for name in ("k", "v")},
        mask=np.pad(
            asked.mask[mine, :, token : token + 1],
            ((0, 0), (0, 0), (0, 0), (0, 64)),
            constant_values=-np.inf,
        ),
    )
    assert np.array_equal(alone.compute()[0, 0], whole[stream, token])


@needs_kernel
@pytest.mark.usefixtures("own_attention")
@settings(max_examples=60, deadline=None)
@given(attentions(sizes=[(64, 64), (112, 112), (192, 128), (576, 512)]))
def test_it_is_nearly_the_librarys(asked):
    ours = asked.compute()
    OWN.use(())
    # The library rounds queries to 16 bits or, beside Q8_0, to bytes.
    tolerance = 0.02 if asked.kind == F16 else 0.2
    theirs = replace(asked, k=np.nan_to_num(asked.k), v=np.nan_to_num(asked.v)).compute()
    OWN.use({"attention"})
    assert np.abs(ours - theirs).max() < tolerance


@needs_kernel
@pytest.mark.usefixtures("own_attention")
@pytest.mark.parametrize("sinks", [None, np.zeros(2, np.float32)])
def test_a_query_that_sees_nothing_gets_nothing(sinks):
    q = np.ones((1, 2, 1, 64), np.float32)
    k = v = np.ones((1, 1, 32, 64), np.float16)
    mask = np.full((1, 1, 1, 32), -np.inf, np.float16)
    assert not Attention(q, k, v, mask, 1.0, sinks=sinks).compute().any()


@needs_kernel
@pytest.mark.usefixtures("own_attention")
def test_without_a_mask_every_key_is_seen():
    q = np.ones((1, 2, 3, 64), np.float32)
    k = np.ones((1, 1, 70, 64), np.float16)
    v = np.broadcast_to(np.arange(70, dtype=np.float16)[:, None], (1, 1, 70, 64))
    assert np.allclose(Attention(q, k, v, None, 1.0).compute(), 34.5)


@needs_kernel
@pytest.mark.usefixtures("own_attention")
def test_a_query_that_is_not_a_number_is_not_hidden():
    q = np.full((1, 1, 1, 64), np.nan, np.float32)
    k = v = np.ones((1, 1, 32, 64), np.float16)
    mask = np.zeros((1, 1, 1, 32), np.float16)
    assert np.isnan(Attention(q, k, v, mask, 1.0).compute()).all()


@needs_kernel
@pytest.mark.usefixtures("own_attention")
def test_attention_of_another_size_is_the_librarys():
    q = np.ones((1, 1, 1, 8), np.float32)
    k = v = np.ones((1, 1, 32, 8), np.float16)
    before = OWN.declined()
    asked = Attention(q, k, v, np.zeros((1, 1, 1, 32), np.float16), 1.0)
    assert np.allclose(asked.compute(), 1)
    assert OWN.declined() > before
