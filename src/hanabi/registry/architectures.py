"""Which kinds of model can generate text here, and why the others cannot.

A GGUF file names its architecture. The table has each name that llama.cpp 0.5.0 knows, by what a
model of that architecture does. Sources: `LLM_ARCH_NAMES` in llama-arch.cpp, and in llama-model.cpp
`create_memory` (a model without a memory sees one token at a time) and `llama_model_has_encoder`.
"""

from typing import Literal

Kind = Literal[
    "causal",
    "recurrent",
    "embedding",
    "encoder-decoder",
    "diffusion",
    "part",
    "speech",
    "draft",
    "broken",
]
"""What a model does with tokens.

- causal: it generates text token by token, with attention to all tokens before, in some blocks at
  least.
- recurrent: it generates text token by token from a state, and has no attention at all.
- embedding: it turns a text into numbers.
- encoder-decoder: it reads a text with one half of its weights and answers with the other.
- diffusion: it fills in all tokens of an answer at once, in rounds.
- part: it is the part of a model that reads images or sound.
- speech: it generates sound.
- draft: it guesses tokens for one certain other model.
- broken: it would generate text, but llama.cpp 0.5.0 computes it wrongly, or ends its process.
"""

_NAMES: dict[Kind, str] = {
    "causal": """
        afmoe apertus arcee arctic baichuan bailingmoe bailingmoe2 bailingmoe3 bitnet bloom
        chatglm codeshell cohere2 cohere2moe command-r dbrx deci deepseek deepseek2
        deepseek2-ocr deepseek32 deepseek4 dots1 dots3note ernie4_5 ernie4_5-moe exaone exaone-moe
        exaone4 falcon falcon-h1 gemma gemma2 gemma3 gemma3n gemma4 glm-dsa glm4 glm4moe
        gpt-oss gpt2 gptneox granite granite_swa granitehybrid granitemoe graniteswitch grok
        grovemoe hrm_text hunyuan-dense hunyuan-moe hunyuan_vl hy_v3 hy_v4 internlm2 jais jais2
        jamba kimi-k3 kimi-linear laguna lfm2 lfm2moe llama llama4 maincoder maple mellum mimo2
        minicpm minicpm3 minimax-01 minimax-m2 minimax-m3 mistral3 mistral4 mpt muse-glimmer
        nanbeige nemotron nemotron_h nemotron_h_moe olmo olmo2 olmoe openelm orion paddleocr
        pangu-embedded phi2 phi3 phimoe plamo plamo2 plamo3 qwen qwen2 qwen2moe qwen2vl qwen3
        qwen35 qwen35moe qwen3moe qwen3next qwen3vl qwen3vlmoe qwen4exp refact seed_oss smallthinker
        smollm3 spark2_5 stablelm starcoder starcoder2 step35 talkie xverse
    """,
    "recurrent": "arwkv7 mamba mamba2 rwkv6 rwkv6qwen2 rwkv7",
    "embedding": """
        bert eurobert gemma-embedding jina-bert-v2 jina-bert-v3 llama-embed modern-bert neo-bert
        nomic-bert nomic-bert-moe t5encoder
    """,
    "encoder-decoder": "t5",
    "diffusion": "dream llada llada-moe rnd1",
    "part": "clip",
    "speech": "pockettts qwen3tts wavtokenizer-dec",
    "draft": "dflash eagle3 gemma4-assistant",
    "broken": "chameleon cogvlm plm",
}

ARCHITECTURES: dict[str, Kind] = {
    name: kind for kind, names in _NAMES.items() for name in names.split()
}
"""What each architecture is, by its name in a file."""

GENERATING: frozenset[Kind] = frozenset({"causal", "recurrent"})
"""The kinds that are served."""

WITHOUT_CODE = frozenset({"gptj"})
"""Names that llama.cpp has, and no code for."""

_ANOTHER = "Choose a model that generates text."

_REASONS: dict[Kind, str] = {
    "embedding": f"is an embedding model: it turns text into numbers and writes none. {_ANOTHER}",
    "encoder-decoder": (
        "has an encoder and a decoder, and Hanabi runs models with a decoder alone. "
        "Choose such a model."
    ),
    "diffusion": (
        "is a diffusion model: it fills in a whole answer at once, and Hanabi generates token by "
        f"token. {_ANOTHER}"
    ),
    "part": (
        "is the part of a model that reads images or sound. "
        "Give the file of the language model that it belongs to."
    ),
    "speech": f"generates sound. {_ANOTHER}",
    "draft": (
        "only guesses tokens for another model, and cannot generate text by itself. "
        "Give the file of that other model."
    ),
    "broken": (
        "is computed wrongly by llama.cpp 0.5.0, or ends its process. "
        "Choose a model of another architecture."
    ),
}

_TYPES = {
    "adapter": (
        "it is an adapter (LoRA), which changes a model and is none. "
        "Merge it into its base model, and give the merged file."
    ),
    "mmproj": f"a model of the architecture clip {_REASONS['part']}",
    "imatrix": "it holds statistics for quantizing a model. Give the file of the model.",
}
"""Values of `general.type` other than a model's, and what is wrong with them."""


def refusal_of_type(general_type: str) -> str | None:
    """Why a file of this `general.type` is no model; None where it may be one."""
    return _TYPES.get(general_type)


def refusal_of(architecture: str) -> str | None:
    """Why a model of this architecture cannot generate text here; None where it can."""
    kind = ARCHITECTURES.get(architecture)
    if kind is None:
        return (
            f"its architecture {architecture} is unknown to llama.cpp 0.5.0, which runs the models "
            "here. Convert the model with that release, or use a Hanabi that knows it."
        )
    if kind in GENERATING:
        return None
    return f"a model of the architecture {architecture} {_REASONS[kind]}"


def refusal_as_embedding(architecture: str, *, causal: bool, pooling: int) -> str | None:
    """Why a model is one for embeddings although its architecture can generate; None where not.

    Args:
        architecture: its name.
        causal: whether its attention looks back only, as it must to generate.
        pooling: how its makers join the tokens of a text into one vector; 0 where they do not.
    """
    if causal and not pooling:
        return None
    return f"this {architecture} {_REASONS['embedding']}"
