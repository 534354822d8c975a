import pytest

from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.style import Eos, Text
from hanabi.styles.vicuna import Vicuna

SYSTEM = (
    "A chat between a curious user and an artificial intelligence assistant. The assistant gives "
    "helpful, detailed, and polite answers to the user's questions."
)


def render(style, *messages):
    return style.render([Message(*message) for message in messages], ControlTokens())


def joined(segments):
    return "".join("</s>" if isinstance(part, Eos) else part.text for part in segments)


def test_the_worked_example():
    conversation = ("user", "Hello"), ("assistant", "Arr."), ("user", " again ")
    text = "USER: Hello ASSISTANT: Arr.</s>USER:  again  ASSISTANT:"
    assert joined(render(Vicuna(), *conversation)) == f"{SYSTEM} {text}"
    assert joined(render(Vicuna(system=""), *conversation)) == text


@pytest.mark.parametrize("own", ["", "Be kind."])
def test_the_system_message_wins_over_the_own_prompt(own):
    style = Vicuna(system=own)
    assert joined(render(style, ("system", "S"), ("user", "a"))) == "S USER: a ASSISTANT:"
    assert joined(render(style, ("system", ""), ("user", "a"))) == "USER: a ASSISTANT:"


def test_eos_stands_behind_every_past_reply():
    conversation = [("user", "a"), ("assistant", "b")] * 3 + [("user", "c")]
    segments = render(Vicuna(system=""), *conversation)
    assert segments == (*(Text("USER: a ASSISTANT: b"), Eos()) * 3, Text("USER: c ASSISTANT:"))
