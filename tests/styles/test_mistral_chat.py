import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mistral_common.protocol.instruct import messages as theirs
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.mistral_chat import MistralChat
from hanabi.styles.style import Bos, Eos, Text

V1 = MistralTokenizer.v1()
THEIRS = {
    "system": theirs.SystemMessage,
    "user": theirs.UserMessage,
    "assistant": theirs.AssistantMessage,
}
WORDS = st.sampled_from(
    ["a", " ", "  ", "\n", "Hello", "é", "✓", "日", "</s>", "[INST]", "[/INST]", "<0x0A>", "\t"]
)
CONTENT = st.lists(WORDS, min_size=1, max_size=6).map("".join) | st.text(min_size=1, max_size=8)


def v1_ids(messages):
    """mistral-common's ids for the same conversation."""
    request = ChatCompletionRequest(
        messages=[THEIRS[role](content=content) for role, content in messages]
    )
    return tuple(V1.encode_chat_completion(request).tokens)


@given(
    system=st.none() | CONTENT,
    pairs=st.lists(st.tuples(CONTENT, CONTENT), max_size=3),
    last=CONTENT,
)
@example(system=" ", pairs=[(" a ", "  b\n"), ("", " ")], last="")
@example(system=None, pairs=[("x", "\n")], last="</s>")
def test_ids_equal_those_of_mistral_common(mistral, system, pairs, last):
    messages = [] if system is None else [("system", system)]
    for user, assistant in pairs:
        messages += [("user", user), ("assistant", assistant)]
    messages.append(("user", last))
    assert mistral.prompt(MistralChat(), *messages).ids == v1_ids(messages)


def render(style, *messages):
    return style.render([Message(*message) for message in messages], ControlTokens())


def test_an_empty_reply_has_no_space():
    segments = render(MistralChat(), ("user", "a"), ("assistant", ""), ("user", "b"))
    assert segments == (Bos(), Text("[INST] a [/INST]"), Eos(), Text("[INST] b [/INST]"))


@pytest.mark.parametrize("system", ["", "Be brief."])
def test_the_system_message_wins_over_the_own_prompt(system):
    style = MistralChat(system="Be kind.")
    text = f"{system}\n\na" if system else "a"
    assert render(style, ("system", system), ("user", "a")) == (
        Bos(),
        Text(f"[INST] {text} [/INST]"),
    )
    assert render(style, ("user", "a")) == (Bos(), Text("[INST] Be kind.\n\na [/INST]"))


def test_a_space_before_a_reply_is_no_part_of_it():
    assert MistralChat().continues_text is False
