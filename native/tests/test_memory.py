"""What a sequence takes, against the sizes that the architectures have by their papers."""

import pytest

from hanabi_llama import Context, SequenceMemory, UnsuitableModelError, load
from hanabi_llama.memory import FLOAT_SIZE, measure

from .shapes import VOCABULARY, WIDTH, opened

HALF, FLOAT = 2, 4
"""Bytes of a number of the KV cache, and of one of a recurrent state."""

LAYERS, HEADS = 4, 4
HEAD = WIDTH // HEADS
INNER, STATE, KERNEL, GROUPS = 128, 16, 4, 2

MAMBA = {
    "feed_forward_length": 0,
    "attention__head_count": 0,
    "ssm__inner_size": INNER,
    "ssm__conv_kernel": KERNEL,
    "ssm__state_size": STATE,
    "ssm__time_step_rank": 4,
}
MAMBA2 = MAMBA | {
    "ssm__group_count": GROUPS,
    "tensors": tuple(f"blk.{layer}.ssm_conv1d.bias" for layer in range(LAYERS)),
}
ATTENTION_IN_ONE = {
    "feed_forward_length": 96,
    "attention__head_count": HEADS,
    "attention__head_count_kv": [0, 0, HEADS, 0],
}
MAMBA_STATE = FLOAT * ((KERNEL - 1) * INNER + STATE * INNER)
MAMBA2_STATE = FLOAT * ((KERNEL - 1) * (INNER + 2 * GROUPS * STATE) + STATE * INNER)

KV = HALF * 2 * HEADS * HEAD
"""Bytes of a token's key and value in one layer, of all heads."""

LATENT, ROTATED = 512, 64
MLA = {
    "leading_dense_block_count": LAYERS,
    "expert_count": 2,
    "expert_used_count": 2,
    "expert_shared_count": 1,
    "expert_feed_forward_length": 96,
    "expert_gating_func": 2,
    "attention__head_count_kv": 1,
    "attention__q_lora_rank": 64,
    "attention__kv_lora_rank": LATENT,
    "attention__key_length": LATENT + ROTATED,
    "attention__value_length": LATENT,
    "attention__key_length_mla": 192,
    "attention__value_length_mla": 128,
    "rope__dimension_count": ROTATED,
}

KINDS = {
    "llama": ({"attention__head_count_kv": 2}, 0, LAYERS * KV // 2),
    "gemma2": ({"attention__key_length": 8, "attention__value_length": 8}, 0, LAYERS * KV // 2),
    "gpt-oss": (
        {
            "attention__sliding_window": 32,
            "expert_count": 2,
            "expert_used_count": 2,
            "expert_feed_forward_length": 96,
        },
        0,
        LAYERS * KV,  # the windows' layers keep all tokens, too
    ),
    "mamba": (MAMBA, LAYERS * MAMBA_STATE, 0),
    "mamba2": (MAMBA2, LAYERS * MAMBA2_STATE, 0),
    "rwkv7": (
        {
            "wkv__head_size": HEAD,
            "attention__head_count": 0,
            "attention__decay_lora_rank": 8,
            "attention__iclr_lora_rank": 8,
            "attention__value_residual_mix_lora_rank": 8,
            "attention__gate_lora_rank": 8,
        },
        LAYERS * FLOAT * (2 * WIDTH + WIDTH * HEAD),
        0,
    ),
    "jamba": (MAMBA | ATTENTION_IN_ONE, 3 * MAMBA_STATE, KV),
    "granitehybrid": (MAMBA2 | ATTENTION_IN_ONE, 3 * MAMBA2_STATE, KV),
    "falcon-h1": (
        MAMBA2 | {"feed_forward_length": 96, "attention__head_count": HEADS},
        LAYERS * MAMBA2_STATE,
        LAYERS * KV,
    ),
    "lfm2": (ATTENTION_IN_ONE | {"shortconv__l_cache": 3}, 3 * FLOAT * 2 * WIDTH, KV),
    "deepseek2": (MLA, 0, LAYERS * HALF * (LATENT + ROTATED)),
    "gemma3n": (
        {"block_count": 22, "attention__sliding_window": 32, "attention__head_count": HEADS},
        0,
        20 * KV,  # the last two share what others keep
    ),
}
"""Architecture -> its keys, the bytes of a slot, and the bytes of a token."""


@pytest.fixture(params=KINDS)
def kind(request, tmp_path):
    keys, per_slot, per_token = KINDS[request.param]
    with opened(tmp_path, request.param, **keys) as model:
        yield model, SequenceMemory(per_slot, per_token)


def test_each_kind_of_layer_counts_what_it_keeps(kind):
    model, expected = kind
    assert model.sequence_memory() == expected


def test_that_is_what_a_context_of_several_slots_takes(kind):
    model, expected = kind
    before = load().clearing.cleared
    sizes = {"batch_size": 3, "max_outputs": 3, "threads": 1, "threads_batch": 1, "poll": 0}
    Context(model, slots=3, context_length=768, **sizes).close()
    taken = load().clearing.cleared - before - 3 * FLOAT_SIZE * VOCABULARY
    assert taken == 3 * (expected.per_slot + 768 * expected.per_token)


def test_the_bundled_model(model):
    assert model.sequence_memory() == SequenceMemory(0, model.kv_bytes_per_token())


@pytest.mark.parametrize("architecture", ["bert", "dream"])
def test_what_has_no_memory_of_earlier_tokens_is_refused(tmp_path, architecture):
    with opened(tmp_path, architecture, attention__causal=False) as model:
        with pytest.raises(UnsuitableModelError, match="keeps nothing of the tokens before"):
            model.sequence_memory()
        sizes = {"batch_size": 1, "max_outputs": 1, "threads": 1, "threads_batch": 1, "poll": 0}
        with pytest.raises(UnsuitableModelError, match="cannot generate text"):
            Context(model, slots=1, context_length=256, **sizes)


def test_an_encoder_is_refused(tmp_path):
    with (
        opened(tmp_path, "t5", attention__relative_buckets_count=8) as model,
        pytest.raises(UnsuitableModelError, match="has an encoder"),
    ):
        model.sequence_memory()


def test_the_header_counts_where_buffers_cannot_be_seen(model, monkeypatch):
    monkeypatch.setattr("hanabi_llama.memory._cleared_bytes", lambda *_: 0)
    assert measure(model, "f16") == SequenceMemory(0, model.kv_bytes_per_token())
    assert measure(model, "q8_0") == SequenceMemory(0, model.kv_bytes_per_token() * 17 // 32)
