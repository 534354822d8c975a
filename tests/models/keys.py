"""What the header of a tiny model says: the keys that most architectures read, and a vocabulary.

An architecture reads those that it knows, and no other; so all are given to all.
"""

from pathlib import Path
from typing import Any

import gguf
from gguf import GGUFValueType, TokenType

from ..tiny_llama import BOS, EOS, UNK, small_vocabulary  # noqa: TID252 - test folders are no packages
from .architecture import Architecture, Longs, Shape


def write_header(path: Path, architecture: Architecture) -> gguf.GGUFWriter:
    """A writer for `path` that has every key of the model; its tensors are to be added."""
    writer = gguf.GGUFWriter(path, architecture.of)
    writer.add_name("tiny")  # llama.cpp makes much of some names
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    shape = architecture.shape
    keys = _common(shape) | (_experts(shape) if shape.experts else {})
    keys |= dict(architecture.keys(shape))
    for key, value in keys.items():
        if value is not None:
            full = key if key.startswith("xielu.") else f"{architecture.of}.{key}"
            _add(writer, full, value)
    _add_vocabulary(writer, shape.vocabulary)
    return writer


def _common(shape: Shape) -> dict[str, Any]:
    quarter = shape.head // 4
    return {
        "vocab_size": shape.vocabulary,
        "context_length": shape.context,
        "embedding_length": shape.width,
        "features_length": shape.width,
        "block_count": shape.layers,
        "feed_forward_length": shape.feed_forward,
        "leading_dense_block_count": 1,
        "use_parallel_residual": False,
        "logit_scale": 1.0,
        "residual_scale": 1.0,
        "full_attention_interval": 2,
        # attention
        "attention.head_count": shape.heads,
        "attention.head_count_kv": shape.kv_heads,
        "attention.layer_norm_epsilon": 1e-5,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "attention.group_norm_epsilon": 1e-5,
        "attention.group_norm_groups": 8,
        "attention.max_alibi_bias": 8.0,
        "attention.clamp_kqv": 8.0,
        "attention.q_lora_rank": 256,
        "attention.kv_lora_rank": 512,
        "attention.relative_buckets_count": 8,
        "attention.sliding_window": shape.window,
        "attention.sliding_window_pattern": 2,
        "attention.indexer.head_count": 64,
        "attention.indexer.key_length": 128,
        # More than the context: all is attended to, so that no choice hangs on the last digit.
        "attention.indexer.top_k": 131072,
        "attention.indexer.block_size": 4,
        "attention.indexer.kpool": 4,
        "attention.indexer.kpool_select_tail": True,
        "attention.indexer.local_blocks": 1,
        "rope.dimension_sections": [quarter, quarter, quarter, quarter],
        # recurrent states
        "ssm.inner_size": 2 * shape.width,
        "ssm.conv_kernel": 4,
        "ssm.state_size": 128,
        "ssm.time_step_rank": shape.heads,
        "ssm.group_count": 2,
        "kda.head_dim": 128,
        "kda.safe_gate": True,
        "kda.gate_lower_bound": -5.0,
        "wkv.head_size": 64,
        "time_mix_extra_dim": 64,
        "time_decay_extra_dim": 128,
        "shortconv.l_cache": 3,
        # activations
        "activation.situ_beta": 4.0,
        "activation.situ_linear_beta": 25.0,
        "attn_res.block_size": 12,
        "xielu.alpha_n": 1.0,
        "xielu.alpha_p": 1.0,
        "xielu.beta": 1.0,
        "xielu.eps": 1e-7,
        # convolutions of decoders of sound
        "posnet.embedding_length": shape.width,
        "posnet.block_count": shape.layers,
        "convnext.embedding_length": shape.width,
        "convnext.block_count": shape.layers,
    }


def _experts(shape: Shape) -> dict[str, Any]:
    return {
        "expert_count": shape.experts,
        "expert_used_count": 2,
        "expert_shared_count": 1,
        "expert_feed_forward_length": shape.feed_forward // 2,
        "expert_shared_feed_forward_length": shape.feed_forward // 2,
        "expert_chunk_feed_forward_length": shape.feed_forward // 2,
        "expert_latent_length": shape.feed_forward // 2,
        "expert_gating_func": 2,
        "expert_group_scale": 1.0,
        "experts_per_group": 1,
        "expert_weights_scale": 1.0,
        "interleave_moe_layer_step": 2,
    }


def _add(writer: gguf.GGUFWriter, key: str, value: Any) -> None:
    """Add a value of the type that llama.cpp asks for."""
    if isinstance(value, Longs):
        writer.add_key_value(key, list(value), GGUFValueType.ARRAY, GGUFValueType.UINT64)
    elif isinstance(value, list):
        writer.add_array(key, value)
    elif isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    else:
        writer.add_string(key, value)


def _add_vocabulary(writer: gguf.GGUFWriter, size: int) -> None:
    """The vocabulary of the tiny Llama, filled up with pieces that no text leads to."""
    pieces = small_vocabulary()
    pieces += [(f"▁piece{number}", -1e6, TokenType.NORMAL) for number in range(len(pieces), size)]
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text for text, _, _ in pieces])
    writer.add_token_scores([score for _, score, _ in pieces])
    writer.add_token_types([type_ for _, _, type_ in pieces])
    writer.add_token_type_count(2)
    writer.add_unk_token_id(UNK)
    writer.add_bos_token_id(BOS)
    writer.add_eos_token_id(EOS)
    writer.add_add_bos_token(True)
