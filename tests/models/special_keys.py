"""What files of some architectures say beyond the common keys of `keys.py`, given their sizes."""

from .architecture import Keys, Longs, Shape


def every_other(shape: Shape, first: int = 0, second: int = 1) -> list[int]:
    """A number for each layer, by turns."""
    return [second if layer % 2 else first for layer in range(shape.layers)]


def latent(shape: Shape) -> Keys:
    """Multi-head latent attention: the cache holds 512 compressed and 64 rotated floats."""
    return {
        "attention.head_count_kv": 1,
        "attention.key_length": 576,
        "attention.value_length": 512,
        "attention.key_length_mla": 192,
        "attention.value_length_mla": 128,
        "attention.q_lora_rank": 256,
        "attention.kv_lora_rank": 512,
        "rope.dimension_count": 64,
    }


def latent_and_recurrent(shape: Shape) -> Keys:
    """Latent attention in the even layers, a recurrent state in the odd ones."""
    return {
        **latent(shape),
        "attention.head_count": every_other(shape, shape.heads, 0),
        "attention.head_count_kv": every_other(shape, 1, 0),
    }


def hybrid(shape: Shape) -> Keys:
    """Attention in the even layers, a recurrent state in the odd ones."""
    heads = every_other(shape, shape.heads, 0)
    return {"attention.head_count": heads, "attention.head_count_kv": heads}


def window_by_turns(shape: Shape) -> Keys:
    return {"attention.sliding_window_pattern": every_other(shape)}


def delta_net(shape: Shape) -> Keys:
    """Qwen's linear attention in every other layer."""
    return {
        "ssm.inner_size": 256,
        "ssm.state_size": 128,
        "ssm.time_step_rank": 2,
        "ssm.group_count": 2,
    }


def nemotron(shape: Shape) -> Keys:
    return {
        "feed_forward_length": [0, 0, shape.feed_forward],
        "attention.head_count": [shape.heads, 0, shape.heads],
        "attention.head_count_kv": [shape.heads, 0, 0],
    }


def recurrent(shape: Shape) -> Keys:
    """Without attention: real files say that they have no heads."""
    return {"attention.head_count": 0, "attention.head_count_kv": 0}


def mamba2(shape: Shape) -> Keys:
    return {**recurrent(shape), "ssm.time_step_rank": 8, "ssm.state_size": 64}


def rwkv7(shape: Shape) -> Keys:
    return {
        **recurrent(shape),
        "wkv.head_size": 64,
        "attention.decay_lora_rank": 64,
        "attention.iclr_lora_rank": 64,
        "attention.value_residual_mix_lora_rank": 64,
        "attention.gate_lora_rank": 128,
        "token_shift_count": 2,
    }


def rwkv6(shape: Shape) -> Keys:
    return {**recurrent(shape), "wkv.head_size": 64, "token_shift_count": 2}


def gemma4(shape: Shape) -> Keys:
    return {
        "embedding_length_per_layer_input": 64,
        "attention.shared_kv_layers": 0,
        "attention.key_length_swa": shape.head,
        "attention.value_length_swa": shape.head,
        "rope.freq_base_swa": 10000.0,
        "rope.dimension_count_swa": shape.head,
        "attention.sliding_window_pattern": [1, 1, 1, 1, 0],
    }


def dots3note(shape: Shape) -> Keys:
    return {
        **latent(shape),
        "attention.kv_lora_rank_swa": 512,
        "attention.key_length_swa": 576,
        "attention.value_length_swa": 512,
        "attention.key_length_mla_swa": 192,
        "attention.value_length_mla_swa": 128,
        "rope.freq_base_swa": 10000.0,
        "attention.indexer.types": every_other(shape, 1, 0),
        "attention.sliding_window_pattern": every_other(shape),
    }


def hyper_connections(shape: Shape) -> Keys:
    """Several streams between blocks, and embeddings of n-grams."""
    heads = 4
    return {
        "hyper_connection.count": 4,
        "hyper_connection.sinkhorn_iterations": 2,
        "hyper_connection.epsilon": 1e-6,
        "hyper_connection.low_rank": 8,
        "attention.compress_ratios": [4] * shape.layers,
        "ple.layers": [0],
        "ple.ngram_size": 3,
        "ple.heads_per_ngram": 2,
        "ple.conv_kernel": 4,
        "ple.eos_token_id": 0,
        "embedding_length_per_layer_input": shape.width // heads,
        "ple.layer_multipliers": Longs([1, 3, 5]),
        "ple.head_offsets": Longs([head * shape.vocabulary for head in range(heads)]),
        "ple.head_vocab_sizes": Longs([shape.vocabulary] * heads),
    }


def qwen4(shape: Shape) -> Keys:
    return {
        **delta_net(shape),
        **hyper_connections(shape),
        "attention.indexer.key_length": shape.head,
    }


def deepseek4(shape: Shape) -> Keys:
    return {
        "attention.head_count_kv": 1,
        "attention.key_length": shape.head,
        "attention.value_length": shape.head,
        "rope.dimension_count": shape.head // 2,
        "attention.q_lora_rank": 64,
        "attention.output_group_count": 8,
        "attention.output_lora_rank": 32,
        "attention.compress_ratios": [0, 0, 4, 128],
        "attention.compress_rope_freq_base": 160000.0,
        "hyper_connection.count": 4,
        "hyper_connection.sinkhorn_iterations": 2,
        "hyper_connection.epsilon": 1e-6,
        "hash_layer_count": 0,
        "swiglu_clamp_exp": 10.0,
        "expert_weights_scale": 1.0,
        "expert_weights_norm": True,
        "expert_gating_func": 4,
    }


def hy_v4(shape: Shape) -> Keys:
    return {
        **latent(shape),
        "hyper_connection.count": 4,
        "hyper_connection.epsilon": 1e-6,
        "hyper_connection.magnitude": 2.0,
        "swiglu_clamp_exp": 10.0,
        "expert_weights_scale": 1.0,
        "expert_weights_norm": True,
        "attention.indexer.types": every_other(shape, 1, 0),
    }


def bailing3(shape: Shape) -> Keys:
    return {
        **latent_and_recurrent(shape),
        "rope.dimension_sections": [8, 12, 12, 0],
        "kda.safe_gate": None,
        "swiglu_clamp_exp": [0.0, 4.0],
        "swiglu_clamp_shexp": [0.0, 5.0],
    }


def adapters(shape: Shape) -> Keys:
    return {
        "adapters.count": 1,
        "adapters.lora_rank": 32,
        "adapters.token_ids_activate": [300],
        "adapters.token_ids_substitute": [301],
    }
