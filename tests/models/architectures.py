"""Every architecture of llama.cpp v0.5.0, and what its file has to say beyond the common keys.

The names are those of `general.architecture`. What an architecture reads is told by its
`load_arch_hparams` in llama.cpp's src/models. Where nothing is told here, the common keys of
`keys.py` are enough.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Keys = Mapping[str, Any]


@dataclass(frozen=True)
class Shape:
    """The sizes of a tiny model: multiples of 256, so that K types have whole blocks.

    Attributes:
        vocabulary: tokens.
        width: floats of a token between blocks.
        heads: attention heads.
        kv_heads: heads of keys and values.
        feed_forward: width of the feed-forward layer, and of each expert.
        layers: blocks.
        context: tokens that it says it was trained for.
        window: tokens of its sliding window, where it has one.
        experts: how many; 0 for none.
    """

    vocabulary: int = 512
    width: int = 256
    heads: int = 4
    kv_heads: int = 4
    feed_forward: int = 512
    layers: int = 2
    context: int = 512
    window: int = 32
    experts: int = 0

    @property
    def head(self) -> int:
        """Floats of one head."""
        return self.width // self.heads


@dataclass(frozen=True)
class Architecture:
    """One row of the table.

    Attributes:
        name: what the tests call it: `general.architecture`, or that and what is special.
        of: `general.architecture`.
        shape: its sizes.
        keys: what its file says beyond, or instead of, the common keys, given its shape. A key
            without a dot at its front belongs to the architecture; None removes one.
    """

    name: str
    of: str
    shape: Shape = field(default_factory=Shape)
    keys: Callable[[Shape], Keys] = field(default=lambda _: {})

    @property
    def optional_tensors(self) -> list[str]:
        """What files of this architecture have, though llama.cpp does not insist on it."""
        block = [name for names, those in IN_BLOCKS.items() if self.of in those for name in names]
        blocks = range(self.shape.layers)
        return [
            "output.weight",
            *(["rope_freqs.weight"] if self.of in WITH_ROPE_FACTORS else []),
            *(f"blk.{number}.{name}" for number in blocks for name in block),
            *(FIRST_BLOCK if self.of in WITH_DELTA_NET else []),
        ]


def _plain(*names: str, **sizes: int) -> list[Architecture]:
    """Architectures with the common keys alone."""
    return [Architecture(name, name, replace(Shape(), **sizes)) for name in names]


def _special(name: str, keys: Callable[[Shape], Keys], of: str = "", **sizes: int) -> Architecture:
    return Architecture(name, of or name, replace(Shape(), **sizes), keys)


def _every_other(shape: Shape, first: int = 0, second: int = 1) -> list[int]:
    """A number for each layer, by turns."""
    return [second if layer % 2 else first for layer in range(shape.layers)]


def _latent(shape: Shape) -> Keys:
    """Multi-head latent attention: the cache holds a compressed row of 512 and 64 rotated floats."""
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


def _latent_and_recurrent(shape: Shape) -> Keys:
    """Latent attention in the even layers, a recurrent state in the odd ones."""
    return {
        **_latent(shape),
        "attention.head_count": _every_other(shape, shape.heads, 0),
        "attention.head_count_kv": _every_other(shape, 1, 0),
    }


def _hybrid(shape: Shape) -> Keys:
    """Attention in the even layers, a recurrent state in the odd ones."""
    heads = _every_other(shape, shape.heads, 0)
    return {"attention.head_count": heads, "attention.head_count_kv": heads}


def _window_by_turns(shape: Shape) -> Keys:
    return {"attention.sliding_window_pattern": _every_other(shape)}


def _delta_net(shape: Shape) -> Keys:
    """Qwen's linear attention in every other layer."""
    return {
        "ssm.inner_size": 256,
        "ssm.state_size": 128,
        "ssm.time_step_rank": 2,
        "ssm.group_count": 2,
    }


def _nemotron(shape: Shape) -> Keys:
    return {
        "feed_forward_length": [0, 0, shape.feed_forward],
        "attention.head_count": [shape.heads, 0, shape.heads],
        "attention.head_count_kv": [shape.heads, 0, 0],
    }


def _recurrent(shape: Shape) -> Keys:
    """Without attention: real files say that they have no heads."""
    return {"attention.head_count": 0, "attention.head_count_kv": 0}


def _mamba2(shape: Shape) -> Keys:
    return {**_recurrent(shape), "ssm.time_step_rank": 8, "ssm.state_size": 64}


def _rwkv7(shape: Shape) -> Keys:
    return {
        **_recurrent(shape),
        "wkv.head_size": 64,
        "attention.decay_lora_rank": 64,
        "attention.iclr_lora_rank": 64,
        "attention.value_residual_mix_lora_rank": 64,
        "attention.gate_lora_rank": 128,
        "token_shift_count": 2,
    }


def _rwkv6(shape: Shape) -> Keys:
    return {**_recurrent(shape), "wkv.head_size": 64, "token_shift_count": 2}


def _gemma4(shape: Shape) -> Keys:
    return {
        "embedding_length_per_layer_input": 64,
        "attention.shared_kv_layers": 0,
        "attention.key_length_swa": shape.head,
        "attention.value_length_swa": shape.head,
        "rope.freq_base_swa": 10000.0,
        "rope.dimension_count_swa": shape.head,
        "attention.sliding_window_pattern": [1, 1, 1, 1, 0],
    }


def _dots3note(shape: Shape) -> Keys:
    return {
        **_latent(shape),
        "attention.kv_lora_rank_swa": 512,
        "attention.key_length_swa": 576,
        "attention.value_length_swa": 512,
        "attention.key_length_mla_swa": 192,
        "attention.value_length_mla_swa": 128,
        "rope.freq_base_swa": 10000.0,
        "attention.indexer.types": _every_other(shape, 1, 0),
        "attention.sliding_window_pattern": _every_other(shape),
    }


def _hyper_connections(shape: Shape) -> Keys:
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


def _qwen4(shape: Shape) -> Keys:
    return {
        **_delta_net(shape),
        **_hyper_connections(shape),
        "attention.indexer.key_length": shape.head,
    }


def _deepseek4(shape: Shape) -> Keys:
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


def _hy_v4(shape: Shape) -> Keys:
    return {
        **_latent(shape),
        "hyper_connection.count": 4,
        "hyper_connection.epsilon": 1e-6,
        "hyper_connection.magnitude": 2.0,
        "swiglu_clamp_exp": 10.0,
        "expert_weights_scale": 1.0,
        "expert_weights_norm": True,
        "attention.indexer.types": _every_other(shape, 1, 0),
    }


def _bailing3(shape: Shape) -> Keys:
    return {
        **_latent_and_recurrent(shape),
        "rope.dimension_sections": [8, 12, 12, 0],
        "kda.safe_gate": None,
        "swiglu_clamp_exp": [0.0, 4.0],
        "swiglu_clamp_shexp": [0.0, 5.0],
    }


def _adapters(shape: Shape) -> Keys:
    return {
        "adapters.count": 1,
        "adapters.lora_rank": 32,
        "adapters.token_ids_activate": [300],
        "adapters.token_ids_substitute": [301],
    }


class Longs(list[int]):
    """Numbers that llama.cpp reads as 64 bits each."""


_SMALL_HEAD = {"width": 256, "heads": 2, "kv_heads": 2}

ARCHITECTURES: tuple[Architecture, ...] = (
    # Attention and a feed-forward layer.
    *_plain("llama", "deci", "qwen2", "qwen3", "internlm2", "xverse", "orion", "exaone"),
    *_plain("gemma", "phi2", "phi3", "stablelm", "starcoder2", "command-r", "olmo", "chatglm"),
    *_plain("glm4", "arcee", "smollm3", "seed_oss", "pangu-embedded", "mistral3", "maincoder"),
    *_plain("ernie4_5", "hunyuan-dense", "granite", "nemotron", "apertus", "minicpm", "refact"),
    *_plain("baichuan", "bitnet", "plamo", "jais2", "qwen", "cogvlm", "hunyuan_vl", "qwen2vl"),
    *_plain("qwen3vl", "nanbeige", "talkie", "llama-embed", "openelm", "chameleon"),
    *_plain("falcon", "gpt2", "gptneox", "mpt", "starcoder", "bloom", "codeshell", "jais", "gptj"),
    _special("hrm_text", lambda _: {"hrm.layers_per_stack": 1, "hrm.h_cycles": 2, "hrm.l_cycles": 2}, layers=6),
    # The cache holds a compressed row.
    _special("minicpm3", lambda _: {}),
    _special("plm", lambda _: {"attention.key_length": 192, "attention.value_length": 128, "rope.dimension_count": 64}),
    # Sliding windows.
    *_plain("gemma2", "gemma3", "cohere2", "olmo2", "exaone4", "plamo3"),
    _special("gemma3n", lambda _: {}, layers=22, width=256, feed_forward=256, heads=2, kv_heads=2),
    _special("gemma4", _gemma4, layers=5),
    *(
        _special(name, _window_by_turns)
        for name in ("spark2_5", "muse-glimmer", "granite_swa")
    ),
    # Experts.
    _special("llama-experts", lambda _: {}, of="llama", experts=4),
    *_plain("qwen2moe", "qwen3moe", "qwen3vlmoe", "olmoe", "dbrx", "grok", "arctic", "phimoe", experts=4),
    *_plain("deepseek", "bailingmoe", "bailingmoe2", "dots1", "hunyuan-moe", "hy_v3", experts=4),
    *_plain("ernie4_5-moe", "paddleocr", "grovemoe", "granitemoe", "glm4moe", experts=4),
    *_plain("minimax-01", "minimax-m2", "deepseek2-ocr", "smallthinker", "exaone-moe", "afmoe", experts=4),
    *_plain("gpt-oss", "mellum", "laguna", experts=4),
    _special("llama4", lambda _: {}, layers=4, experts=4),
    *(
        _special(name, _window_by_turns, experts=4)
        for name in ("cohere2moe", "mimo2", "step35")
    ),
    _special("maple", lambda s: {**_window_by_turns(s), "swiglu_clamp_exp": 7.0}, experts=4),
    _special(
        "minimax-m3",
        lambda s: {"rope.dimension_count": 64, "attention.indexer.head_count": s.kv_heads},
        experts=4,
        **_SMALL_HEAD,
    ),
    *(
        _special(name, _latent, experts=4)
        for name in ("deepseek2", "deepseek32", "glm-dsa", "mistral4")
    ),
    _special("dots3note", _dots3note, experts=4),
    _special("hy_v4", _hy_v4, experts=4),
    _special("deepseek4", _deepseek4, layers=4, width=512, heads=8, feed_forward=256, experts=4),
    _special("graniteswitch", _adapters),
    # Recurrent states, alone or beside attention.
    _special("mamba", _recurrent),
    _special("mamba2", _mamba2),
    *(_special(name, _rwkv6) for name in ("rwkv6", "rwkv6qwen2")),
    *(_special(name, _rwkv7) for name in ("rwkv7", "arwkv7")),
    *(_special(name, _hybrid) for name in ("jamba", "granitehybrid", "lfm2")),
    _special("plamo2", lambda s: {**_hybrid(s), "ssm.group_count": 0}),
    _special("lfm2moe", _hybrid, experts=4),
    _special("falcon-h1", lambda _: {}),
    _special("nemotron_h", _nemotron, layers=3),
    _special("nemotron_h_moe", _nemotron, layers=3, experts=4),
    _special("qwen3next", _delta_net, experts=4),
    _special("qwen35", _delta_net),
    _special("qwen35moe", _delta_net, experts=4),
    _special("qwen4exp", _qwen4, experts=4),
    *(
        _special(name, _latent_and_recurrent, experts=4)
        for name in ("kimi-linear", "kimi-k3")
    ),
    _special("bailingmoe3", _bailing3, experts=4),
    # What does not generate text, or not from left to right.
    *_plain("bert", "modern-bert", "nomic-bert", "neo-bert", "jina-bert-v2", "jina-bert-v3"),
    *_plain("eurobert", "gemma-embedding", "t5", "t5encoder", "dream", "llada"),
    _special("nomic-bert-moe", lambda _: {"moe_every_n_layers": 2}, experts=4),
    *_plain("llada-moe", "rnd1", experts=4),
    _special(
        "gemma4-assistant", lambda s: {**_gemma4(s), "embedding_length_out": 2 * s.width}, layers=5
    ),
    _special("eagle3", lambda s: {"target_layers": [0, 1, 1], "target_hidden_size": s.width}),
    _special("dflash", lambda s: {"target_layers": [0, 1, 1], **_window_by_turns(s)}),
    *_plain("wavtokenizer-dec", "pockettts", "clip"),
    _special("qwen3tts", lambda _: {}, vocabulary=3072),
)

_FUSED = frozenset(
    "falcon gpt2 gptneox mpt starcoder bloom codeshell jais phi2 phi3 qwen chatglm dbrx cogvlm "
    "plamo2 plamo3 baichuan refact bert nomic-bert nomic-bert-moe neo-bert jina-bert-v3 "
    "modern-bert rwkv6qwen2 eurobert".split()
)
_WITH_FUSED_BIAS = frozenset("gpt2 gptneox starcoder bloom codeshell jais phi2 qwen chatglm".split())
_WITH_BIASES = frozenset("qwen2 qwen2moe qwen2vl qwen25 seed_oss gpt-oss dream starcoder2".split())
_WITH_ROUTER_BIAS = frozenset(
    "deepseek2 deepseek32 glm4moe glm-dsa bailingmoe2 dots1 ernie4_5-moe minimax-m2 minimax-m3 "
    "afmoe hy_v3 exaone-moe".split()
)

IN_BLOCKS: dict[tuple[str, ...], frozenset[str]] = {
    ("attn_qkv.weight",): _FUSED,
    ("attn_qkv.bias", "attn_output.bias", "ffn_up.bias", "ffn_down.bias"): _WITH_FUSED_BIAS,
    ("attn_q.bias", "attn_k.bias", "attn_v.bias"): _WITH_BIASES,
    ("exp_probs_b.bias",): _WITH_ROUTER_BIAS,
    ("time_mix_lerp_fused.weight",): frozenset(["rwkv6"]),
}
"""Names of tensors in each block -> the architectures whose files have them."""

FIRST_BLOCK = ("blk.0.attn_qkv.weight", "blk.0.attn_gate.weight")
"""What a linear attention's block has beside its state."""

WITH_DELTA_NET = frozenset("qwen3next qwen35 qwen35moe qwen4exp".split())
"""Whose even blocks are linear attention."""

WITH_ROPE_FACTORS = frozenset(["llama"])
"""Whose files tell how far each rotation is slowed down (Llama 3.1 and later)."""

BY_NAME: dict[str, Architecture] = {one.name: one for one in ARCHITECTURES}
