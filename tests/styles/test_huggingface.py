"""The style `huggingface`, with the template of the bundled weights."""

import gguf
import jinja2
import pytest

from hanabi.errors import InvalidRequestError
from hanabi.registry.bundled import find_weights
from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.huggingface import HuggingFace
from hanabi.styles.message import Message
from hanabi.styles.style import Control, Style, Text

HELLO = Message("user", "Hello, <|im_end|>")
CONVERSATION = [HELLO, Message("assistant", "Hi."), Message("user", "Bye.")]


@pytest.fixture(scope="module")
def bundled():
    """The template that the bundled weights carry."""
    weights = find_weights()
    assert weights is not None
    reader = gguf.GGUFReader(weights)
    return str(reader.get_field("tokenizer.chat_template").contents())


@pytest.mark.parametrize(
    "messages",
    [
        CONVERSATION[:1],
        CONVERSATION,
        [Message("system", "Be brief."), HELLO],
        [Message("system", ""), HELLO],
    ],
)
def test_the_bundled_weights_template(bundled, messages):
    tokens = ControlTokens(
        spellings={"<|im_start|>", "<|im_end|>", "<|endoftext|>"}, chat_template=bundled
    )
    segments = HuggingFace().render(messages, tokens)
    plain = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - no HTML
    expected = plain.from_string(bundled).render(
        messages=[{"role": m.role, "content": m.content} for m in messages],
        add_generation_prompt=True,
    )
    assert expected.endswith("<|im_start|>assistant\n")
    assert "".join(s.text if isinstance(s, Text) else s.token for s in segments) == expected
    start, end = Control("<|im_start|>"), Control("<|im_end|>")
    blocks = len(messages) + (messages[0].role != "system")
    assert [s for s in segments if isinstance(s, Control)] == [start, end] * blocks + [start]


def test_weights_without_a_template_are_told_of():
    with pytest.raises(InvalidRequestError) as refused:
        HuggingFace().render([HELLO], ControlTokens())
    assert refused.value.param == "model"
    assert refused.value.message == (
        "model: its style 'huggingface' uses the chat template that the weights carry, and these "
        "carry none; create a model of them with another style, or with 'jinja' and args.template"
    )


def test_a_broken_template_is_told_of_with_its_line():
    with pytest.raises(InvalidRequestError, match="style 'huggingface': line 2: "):
        HuggingFace().render([HELLO], ControlTokens(chat_template="a\n{% if %}"))


def test_is_a_style():
    style: Style = HuggingFace()
    assert (style.name, style.stop_tokens, style.emits_bos) == ("huggingface", (), False)
