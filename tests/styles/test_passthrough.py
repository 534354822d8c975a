import pytest

from hanabi.errors import InvalidRequestError
from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.passthrough import Passthrough
from hanabi.styles.style import Text


@pytest.mark.parametrize("role", ["user", "system", "assistant", "anything at all"])
@pytest.mark.parametrize("content", ["", " Once \n", "<s>[INST]"])
def test_the_content_is_the_prompt_whoever_says_it(role, content):
    messages = [Message(role, content, name="Ann")]
    assert Passthrough().render(messages, ControlTokens()) == (Text(content),)


@pytest.mark.parametrize(("count", "param"), [(0, "messages"), (2, "messages[1].role")])
def test_any_other_number_of_messages_is_refused(count, param):
    with pytest.raises(InvalidRequestError) as refusal:
        Passthrough().render([Message("user", "x")] * count, ControlTokens())
    assert refusal.value.param == param
    assert refusal.value.message == f"{param}: the style 'passthrough' takes exactly 1, got {count}"


def test_a_prompt_may_bring_its_bos_along_as_a_completion_s_may(mistral):
    plain = mistral.prompt(Passthrough(), ("user", "Once"))
    assert plain.ids[0] == mistral.vocab.bos
    spelled = mistral.prompt(Passthrough(), ("user", "<s>Once"))
    assert spelled.ids == plain.ids


def test_the_reply_goes_on_with_the_text():
    assert Passthrough().continues_text
