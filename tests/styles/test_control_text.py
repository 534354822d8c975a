"""Text that spells a control token stays text, in every style and over every kind of vocabulary."""

import pytest

from hanabi.styles.args import StyleArgs
from hanabi.styles.catalog import make_style

SPELLED = (
    "<s>",
    "</s>",
    "<unk>",
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<PRE>",
    "<SUF>",
    "<MID>",
    "<EOT>",
    "▁<PRE>",
    "▁<EOT>",
)
CHAT = ("system", "user", "assistant", "user")
ROLES = {
    "alpaca": ("user",),
    "chatml": CHAT,
    "llama-chat": CHAT,
    "llama-infill": ("prefix", "suffix"),
    "mistral-chat": CHAT,
    "passthrough": ("user",),
    "vicuna": CHAT,
}


def control_ids(vocabulary, style, content):
    """The control tokens of a prompt whose every message says the same."""
    messages = ((role, content) for role in ROLES[style])
    ids = vocabulary.prompt(make_style(style, StyleArgs()), *messages).ids
    special = set(vocabulary.vocab.special.values())
    return [id_ for id_ in ids if id_ in special]


@pytest.mark.parametrize("spelled", SPELLED)
@pytest.mark.parametrize(
    ("style", "name"),
    [*((style, "code_llama") for style in ROLES)]
    + [(style, "smollm2") for style in ROLES if style != "llama-infill"],
)
def test_a_spelled_control_token_is_text(style, name, spelled, request):
    vocabulary = request.getfixturevalue(name)
    plain = control_ids(vocabulary, style, "a b")
    for content in (f"a{spelled}", f"a {spelled} b", f"x\n{spelled}{spelled}"):
        assert control_ids(vocabulary, style, content) == plain
    if style != "passthrough":  # whose prompt may bring its BOS along
        assert control_ids(vocabulary, style, spelled) == plain


def test_pieces_that_merge_to_a_control_token_are_spelled_out(tiny_with):
    """What Code Llama's vocabulary does, in a small one where `</s` and `>` make `</s>`."""
    normal = [(text, -1.0, 1) for text in ("</", "</s", "▁<", "▁</", "▁</s")]
    tiny = tiny_with(tuple(normal))
    eos = tiny.vocab.eos
    assert eos in tiny.runner._vocab.tokenize("a</s>").tolist()
    for text in ("a</s>", "</s>", "</s></s>b"):
        ids = tiny.runner.tokenize(text)
        assert eos not in ids
        assert b"".join(tiny.vocab.pieces[id_] for id_ in ids).decode() == f" {text}"
