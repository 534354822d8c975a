"""Every architecture of llama.cpp v0.5.0, and what its file has to say beyond the common keys.

The names are those of `general.architecture`. What an architecture reads is told by its
`load_arch_hparams` in llama.cpp's src/models. Where nothing is told here, the common keys of
`keys.py` are enough.
"""

from collections.abc import Callable
from dataclasses import replace

from .architecture import Architecture, Keys, Shape
from .special_keys import (
    adapters,
    bailing3,
    deepseek4,
    delta_net,
    dots3note,
    gemma4,
    hy_v4,
    hybrid,
    latent,
    latent_and_recurrent,
    mamba2,
    nemotron,
    qwen4,
    recurrent,
    rwkv6,
    rwkv7,
    window_by_turns,
)


def _plain(*names: str, **sizes: int) -> list[Architecture]:
    """Architectures with the common keys alone."""
    return [Architecture(name, name, replace(Shape(), **sizes)) for name in names]


def _special(name: str, keys: Callable[[Shape], Keys], of: str = "", **sizes: int) -> Architecture:
    return Architecture(name, of or name, replace(Shape(), **sizes), keys)


_SMALL_HEAD = {"width": 256, "heads": 2, "kv_heads": 2}

ARCHITECTURES: tuple[Architecture, ...] = (
    # Attention and a feed-forward layer.
    *_plain("llama", "deci", "qwen2", "qwen3", "internlm2", "xverse", "orion", "exaone"),
    *_plain("gemma", "phi2", "phi3", "stablelm", "starcoder2", "command-r", "olmo", "chatglm"),
    *_plain("glm4", "arcee", "smollm3", "seed_oss", "pangu-embedded", "mistral3", "maincoder"),
    *_plain("ernie4_5", "hunyuan-dense", "granite", "nemotron", "apertus", "minicpm", "refact"),
    *_plain("baichuan", "bitnet", "plamo", "jais2", "qwen", "cogvlm", "hunyuan_vl", "qwen2vl"),
    *_plain("qwen3vl", "nanbeige", "talkie", "llama-embed", "openelm"),
    _special("chameleon", lambda _: {}, vocabulary=10240),  # it never says its pictures' tokens
    *_plain("falcon", "gpt2", "gptneox", "mpt", "starcoder", "bloom", "codeshell", "jais", "gptj"),
    _special(
        "hrm_text",
        lambda _: {"hrm.layers_per_stack": 1, "hrm.h_cycles": 2, "hrm.l_cycles": 2},
        layers=6,
    ),
    # The cache holds a compressed row.
    _special("minicpm3", lambda _: {}),
    _special(
        "plm",
        lambda _: {
            "attention.key_length": 192,
            "attention.value_length": 128,
            "rope.dimension_count": 64,
        },
        **_SMALL_HEAD,
    ),
    # Sliding windows.
    *_plain("gemma2", "gemma3", "cohere2", "olmo2", "exaone4", "plamo3"),
    _special("gemma3n", lambda _: {}, layers=22, width=256, feed_forward=256, heads=2, kv_heads=2),
    _special("gemma4", gemma4, layers=5),
    *(_special(name, window_by_turns) for name in ("spark2_5", "muse-glimmer", "granite_swa")),
    # Experts.
    _special("llama-experts", lambda _: {}, of="llama", experts=4),
    *_plain(
        "qwen2moe", "qwen3moe", "qwen3vlmoe", "olmoe", "dbrx", "grok", "arctic", "phimoe", experts=4
    ),
    *_plain("deepseek", "bailingmoe", "bailingmoe2", "dots1", "hunyuan-moe", "hy_v3", experts=4),
    *_plain("ernie4_5-moe", "paddleocr", "grovemoe", "granitemoe", "glm4moe", experts=4),
    *_plain(
        "minimax-01",
        "minimax-m2",
        "deepseek2-ocr",
        "smallthinker",
        "exaone-moe",
        "afmoe",
        experts=4,
    ),
    *_plain("gpt-oss", "mellum", "laguna", experts=4),
    _special("llama4", lambda _: {}, layers=4, experts=4),
    *(_special(name, window_by_turns, experts=4) for name in ("cohere2moe", "mimo2", "step35")),
    _special("maple", lambda s: {**window_by_turns(s), "swiglu_clamp_exp": 7.0}, experts=4),
    _special(
        "minimax-m3",
        lambda s: {"rope.dimension_count": 64, "attention.indexer.head_count": s.kv_heads},
        experts=4,
        **_SMALL_HEAD,
    ),
    *(
        _special(name, latent, experts=4)
        for name in ("deepseek2", "deepseek32", "glm-dsa", "mistral4")
    ),
    _special("dots3note", dots3note, experts=4),
    _special("hy_v4", hy_v4, experts=4),
    _special("deepseek4", deepseek4, layers=4, width=512, heads=8, feed_forward=256, experts=4),
    _special("graniteswitch", adapters),
    # Recurrent states, alone or beside attention.
    _special("mamba", recurrent),
    _special("mamba2", mamba2),
    _special("rwkv6", rwkv6),
    _special("rwkv7", rwkv7),
    _special("rwkv6qwen2", lambda shape: {**rwkv6(shape), "token_shift_count": 1}),
    _special("arwkv7", lambda shape: {**rwkv7(shape), "token_shift_count": 1}),
    *(_special(name, hybrid) for name in ("jamba", "granitehybrid", "lfm2")),
    _special("plamo2", lambda s: {**hybrid(s), "ssm.group_count": 0}),
    _special("lfm2moe", hybrid, experts=4),
    _special("falcon-h1", lambda _: {}),
    _special("nemotron_h", nemotron, layers=3),
    _special("nemotron_h_moe", nemotron, layers=3, experts=4),
    _special("qwen3next", delta_net, experts=4),
    _special("qwen35", delta_net),
    _special("qwen35moe", delta_net, experts=4),
    _special("qwen4exp", qwen4, experts=4),
    *(_special(name, latent_and_recurrent, experts=4) for name in ("kimi-linear", "kimi-k3")),
    _special("bailingmoe3", bailing3, experts=4),
    # What does not generate text, or not from left to right.
    *_plain("bert", "modern-bert", "nomic-bert", "neo-bert", "jina-bert-v2", "jina-bert-v3"),
    *_plain("eurobert", "gemma-embedding", "t5", "t5encoder", "dream", "llada"),
    _special("nomic-bert-moe", lambda _: {"moe_every_n_layers": 2}, experts=4),
    *_plain("llada-moe", "rnd1", experts=4),
    _special(
        "gemma4-assistant", lambda s: {**gemma4(s), "embedding_length_out": 2 * s.width}, layers=5
    ),
    _special("eagle3", lambda s: {"target_layers": [0, 1, 1], "target_hidden_size": s.width}),
    _special("dflash", lambda s: {"target_layers": [0, 1, 1], **window_by_turns(s)}),
    *_plain("wavtokenizer-dec", "pockettts", "clip"),
    _special("qwen3tts", lambda _: {}, vocabulary=3072),
)

BY_NAME: dict[str, Architecture] = {one.name: one for one in ARCHITECTURES}
