from hypothesis import example, given
from hypothesis import strategies as st

from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.llama_chat import LlamaChat
from hanabi.styles.message import Message
from hanabi.styles.style import Bos, Eos, Text

SYSTEM = LlamaChat().system
CONTENT = st.lists(
    st.sampled_from(["a", " ", "\n", "Hello", "é", "✓", "</s>", "[INST]", "<<SYS>>", "\u3000"]),
    max_size=6,
).map("".join)


def meta_ids(pieces, messages):
    """Meta's construction, written plainly over SentencePiece: each pair by itself."""
    if messages[0][0] != "system":
        messages = [("system", SYSTEM), *messages]
    (_, system), (_, first), *others = messages
    contents = [f"<<SYS>>\n{system}\n<</SYS>>\n\n{first}", *(content for _, content in others)]
    *past, last = [content.strip() for content in contents]
    ids = []
    for user, assistant in zip(past[::2], past[1::2], strict=True):
        encoded = pieces.encode(f"[INST] {user} [/INST] {assistant} ")
        ids += [pieces.bos_id(), *encoded, pieces.eos_id()]
    return (*ids, pieces.bos_id(), *pieces.encode(f"[INST] {last} [/INST]"))


@given(
    system=st.none() | CONTENT.filter(bool),
    pairs=st.lists(st.tuples(CONTENT, CONTENT), max_size=3),
    last=CONTENT,
)
@example(system="  You are a pirate. ", pairs=[(" a ", "  b\n"), ("", " ")], last="")
def test_ids_equal_meta_s_construction(mistral, pieces, system, pairs, last):
    messages = [] if system is None else [("system", system)]
    for user, assistant in pairs:
        messages += [("user", user), ("assistant", assistant)]
    messages.append(("user", last))
    assert mistral.prompt(LlamaChat(), *messages).ids == meta_ids(pieces, messages)


def render(style, *messages):
    return style.render([Message(*message) for message in messages], ControlTokens())


def test_contents_are_stripped_after_the_system_block_has_joined_the_first():
    conversation = ("user", "  a "), ("assistant", " b\n"), ("user", "\n c ")
    assert render(LlamaChat(system=" S "), *conversation) == (
        Bos(),
        Text("[INST] <<SYS>>\n S \n<</SYS>>\n\n  a [/INST] b "),
        Eos(),
        Bos(),
        Text("[INST] c [/INST]"),
    )
    assert render(LlamaChat(system=""), *conversation)[1] == Text("[INST] a [/INST] b ")


def test_leading_spaces_can_be_kept():
    conversation = ("user", "  a "), ("assistant", " b\n"), ("user", "\n c ")
    assert render(LlamaChat(system="", keep_leading_spaces=True), *conversation) == (
        Bos(),
        Text("[INST]   a [/INST]  b "),
        Eos(),
        Bos(),
        Text("[INST] \n c [/INST]"),
    )


def test_an_empty_system_message_omits_the_block():
    plain = (Bos(), Text("[INST] a [/INST]"))
    assert render(LlamaChat(), ("system", ""), ("user", "a")) == plain
    assert render(LlamaChat(system=""), ("user", "a")) == plain
    assert render(LlamaChat(system="S"), ("system", ""), ("user", "a")) == plain
    assert render(LlamaChat(system=""), ("system", "S"), ("user", "a")) == (
        Bos(),
        Text("[INST] <<SYS>>\nS\n<</SYS>>\n\na [/INST]"),
    )


def test_the_default_prompt_is_that_of_the_styles_page():
    assert SYSTEM.startswith("You are a helpful, respectful and honest assistant. Always answer")
    assert SYSTEM.endswith("are socially unbiased and positive in nature.")
    assert "  " not in SYSTEM
    assert "\n" not in SYSTEM
