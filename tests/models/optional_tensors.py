"""Tensors that files of an architecture have, though llama.cpp does not insist on them.

Without them some graphs would not be those of the real models: fused products of queries, keys and
values, biases. Others cannot be computed at all.
"""

FUSED = """
    falcon gpt2 gptneox mpt starcoder bloom codeshell jais phi2 phi3 qwen chatglm dbrx cogvlm plamo2
    plamo3 baichuan refact bert nomic-bert nomic-bert-moe neo-bert jina-bert-v3 modern-bert
    rwkv6qwen2 eurobert
"""
"""Whose queries, keys and values are one product."""

FUSED_WITH_BIAS = "gpt2 gptneox starcoder bloom codeshell jais phi2 qwen chatglm"
WITH_BIASES = "qwen2 qwen2moe qwen2vl seed_oss gpt-oss dream starcoder2"
WITH_ROUTER_BIAS = """
    deepseek2 deepseek32 glm4moe glm-dsa bailingmoe2 dots1 ernie4_5-moe minimax-m2 minimax-m3 afmoe
    hy_v3 exaone-moe
"""

IN_BLOCKS: dict[tuple[str, ...], str] = {
    ("attn_qkv.weight",): FUSED,
    ("attn_qkv.bias", "attn_output.bias", "ffn_up.bias", "ffn_down.bias"): FUSED_WITH_BIAS,
    ("attn_q.bias", "attn_k.bias", "attn_v.bias"): WITH_BIASES,
    ("exp_probs_b.bias",): WITH_ROUTER_BIAS,
    ("time_mix_lerp_fused.weight",): "rwkv6",
    ("time_mix_g1.weight", "time_mix_g2.weight"): "arwkv7",
    ("ssm_conv1d.bias",): "falcon-h1 granitehybrid nemotron_h nemotron_h_moe",
    ("attn_q.weight", "attn_k.weight", "attn_v.weight"): "pockettts",
    (
        "indexer.k_norm.weight",
        "indexer.k_norm.bias",
        "indexer.proj.weight",
        "indexer.attn_k.weight",
        "indexer.attn_q_b.weight",
    ): "glm-dsa",
}
"""Names of tensors in each block -> the architectures whose files have them."""

ELSEWHERE: dict[tuple[str, ...], str] = {
    # How far each rotation is slowed down, from Llama 3.1 on.
    ("rope_freqs.weight",): "llama",
    # What the blocks of linear attention have beside their state: here they are the even ones.
    ("blk.0.attn_qkv.weight", "blk.0.attn_gate.weight"): "qwen3next qwen35 qwen35moe qwen4exp",
}
"""Whole names of tensors -> the architectures whose files have them."""


def optional_tensors(architecture: str, blocks: int) -> list[str]:
    """The names of an architecture's optional tensors in a file of so many blocks."""
    in_blocks = [
        name
        for names, those in IN_BLOCKS.items()
        for name in names
        if architecture in those.split()
    ]
    elsewhere = [
        name
        for names, those in ELSEWHERE.items()
        for name in names
        if architecture in those.split()
    ]
    return [
        "output.weight",
        *elsewhere,
        *(f"blk.{number}.{name}" for number in range(blocks) for name in in_blocks),
    ]
