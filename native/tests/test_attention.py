"""One attention kernel for every pass: logits that do not depend on cuts and neighbours."""

import numpy as np
import pytest

from hanabi_llama import Batch, Context
from hanabi_llama.attention import is_plain

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
