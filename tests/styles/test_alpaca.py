import pytest

from hanabi.errors import InvalidRequestError
from hanabi.styles.alpaca import Alpaca
from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.style import Text


def render(style, *messages):
    return style.render([Message(*message) for message in messages], ControlTokens())


@pytest.mark.parametrize("content", ["Say it.", "  Say it.", "\n Say it. \n\n"])
def test_the_content_is_stripped(content):
    expected = (Text("### Instruction:\nSay it.\n\n### Response:"),)
    assert render(Alpaca(), ("user", content)) == expected


def test_leading_spaces_can_be_kept():
    assert render(Alpaca(keep_leading_spaces=True), ("user", " \n Say it. \n")) == (
        Text("### Instruction:\n \n Say it.\n\n### Response:"),
    )


@pytest.mark.parametrize(
    ("roles", "param", "rule"),
    [
        ((), "messages", "takes exactly 1, got 0"),
        (("assistant",), "messages[0].role", "wants 'user' here, not 'assistant'"),
        (("system", "user"), "messages[0].role", "wants 'user' here, not 'system'"),
        (("user", "user"), "messages[1].role", "takes exactly 1, got 2"),
        (("user", "assistant", "user"), "messages[1].role", "takes exactly 1, got 3"),
    ],
)
def test_other_conversations_are_refused(roles, param, rule):
    with pytest.raises(InvalidRequestError) as refusal:
        render(Alpaca(), *((role, "x") for role in roles))
    assert refusal.value.message == f"{param}: the style 'alpaca' {rule}"
    assert (refusal.value.param, refusal.value.status) == (param, 400)
