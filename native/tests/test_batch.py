import gc

import pytest

from hanabi_llama import Batch


def test_the_struct_sees_what_the_arrays_hold():
    batch = Batch(3)
    batch.token[:] = [5, 6, 7]
    batch.position[:] = [0, 1, 9]
    batch.sequence[:] = [2, 2, 4]
    batch.output[:] = [0, 1, 1]
    batch.size = 3
    gc.collect()
    struct = batch.struct
    assert struct.n_tokens == 3
    assert struct.token[:3] == [5, 6, 7]
    assert struct.pos[:3] == [0, 1, 9]
    assert struct.n_seq_id[:3] == [1, 1, 1]
    assert [struct.seq_id[index][0] for index in range(3)] == [2, 2, 4]
    assert struct.logits[:3] == [0, 1, 1]
    assert not struct.embd


@pytest.mark.parametrize("size", [-1, 4])
def test_size_is_within_capacity(size):
    with pytest.raises(ValueError, match="capacity 3 cannot hold"):
        Batch(3).size = size


def test_capacity_is_positive():
    with pytest.raises(ValueError, match="at least 1 token; got 0"):
        Batch(0)
