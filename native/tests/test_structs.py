from ctypes import sizeof

import pytest

from hanabi_llama.structs import BatchStruct, ContextParams, ModelParams, ThreadpoolParams


@pytest.mark.parametrize(
    ("struct", "size"),
    [(ModelParams, 80), (ContextParams, 160), (BatchStruct, 56), (ThreadpoolParams, 528)],
)
def test_sizes(struct, size):
    assert sizeof(struct) == size


@pytest.mark.parametrize(
    ("struct", "field", "offset"),
    [
        (ModelParams, "n_gpu_layers", 16),
        (ModelParams, "main_gpu", 32),
        (ModelParams, "tensor_split", 40),
        (ModelParams, "vocab_only", 72),
        (ContextParams, "n_threads", 28),
        (ContextParams, "type_k", 104),
        (ContextParams, "abort_callback", 112),
        (ContextParams, "embeddings", 128),
        (ContextParams, "samplers", 136),
        (BatchStruct, "token", 8),
        (BatchStruct, "logits", 48),
        (ThreadpoolParams, "n_threads", 512),
        (ThreadpoolParams, "poll", 520),
    ],
)
def test_offsets(struct, field, offset):
    assert getattr(struct, field).offset == offset
