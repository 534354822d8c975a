import pytest

from hanabi.errors import InvalidRequestError
from hanabi.styles.alpaca import Alpaca
from hanabi.styles.args import SpecialTokens, StyleArgs
from hanabi.styles.catalog import make_style, style_names
from hanabi.styles.chatml import ChatML
from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.llama_chat import LlamaChat
from hanabi.styles.llama_infill import LlamaInfill
from hanabi.styles.message import Message
from hanabi.styles.mistral_chat import MistralChat
from hanabi.styles.passthrough import Passthrough
from hanabi.styles.style import Text
from hanabi.styles.template.frames import Rendered
from hanabi.styles.vicuna import Vicuna


@pytest.mark.parametrize(
    ("name", "args", "style"),
    [
        ("alpaca", StyleArgs(), Alpaca()),
        ("alpaca", StyleArgs(keep_leading_spaces=True), Alpaca(keep_leading_spaces=True)),
        ("chatml", StyleArgs(), ChatML()),
        ("chatml", StyleArgs(system="Be brief."), ChatML(system="Be brief.")),
        ("chatml", StyleArgs(system=""), ChatML(system="")),
        (
            "llama-chat",
            StyleArgs(system="", keep_leading_spaces=True),
            LlamaChat(system="", keep_leading_spaces=True),
        ),
        ("llama-chat", StyleArgs(keep_leading_spaces=False), LlamaChat()),
        ("llama-infill", StyleArgs(), LlamaInfill()),
        ("mistral-chat", StyleArgs(system="Be brief."), MistralChat(system="Be brief.")),
        ("passthrough", StyleArgs(), Passthrough()),
        ("vicuna", StyleArgs(system=""), Vicuna(system="")),
    ],
)
def test_makes_a_style_with_its_args(name, args, style):
    assert make_style(name, args) == style


@pytest.mark.parametrize("name", style_names())
def test_every_style_carries_its_name(name):
    args = StyleArgs(template="") if name == "jinja" else StyleArgs()
    assert make_style(name, args).name == name


def test_a_style_with_a_template_renders_it_where_it_is_told():
    answer = Rendered("hello")
    for name, args in (("jinja", StyleArgs(template="")), ("huggingface", StyleArgs())):
        style = make_style(name, args, lambda _template, _call: answer)
        tokens = ControlTokens(chat_template="")
        assert style.render([Message("user", "hi")], tokens) == (Text("hello"),)


def test_jinja_needs_a_template():
    with pytest.raises(InvalidRequestError, match="needs a template, none given") as refusal:
        make_style("jinja", StyleArgs(system="Be brief."))
    assert refusal.value.param == "conversation_config.args.template"


@pytest.mark.parametrize("name", ["", "ChatML", "chatml ", "lama-chat"])
def test_an_unknown_style_is_refused_with_the_known_ones(name):
    with pytest.raises(InvalidRequestError) as refusal:
        make_style(name, StyleArgs())
    assert repr(name) in refusal.value.message
    assert all(known in refusal.value.message for known in style_names())
    assert refusal.value.param == "conversation_config.style"


TAKES = {
    "alpaca": ("keep_leading_spaces",),
    "chatml": ("system",),
    "llama-chat": ("keep_leading_spaces", "system"),
    "llama-infill": (),
    "mistral-chat": ("system",),
    "passthrough": (),
    "vicuna": ("system",),
}
ARGS = (
    StyleArgs(system=""),
    StyleArgs(template="{{ messages }}"),
    StyleArgs(special_tokens_map=SpecialTokens(bos_token="<s>")),
    StyleArgs(keep_leading_spaces=False),
)


@pytest.mark.parametrize(
    ("name", "args"),
    [(name, args) for name in TAKES for args in ARGS if args.given[0] not in TAKES[name]],
)
def test_an_arg_that_would_do_nothing_is_refused(name, args):
    (arg,) = args.given
    takes = ", ".join(TAKES[name]) or "no args"
    with pytest.raises(InvalidRequestError, match=f"does not take it; it takes: {takes}$") as error:
        make_style(name, args)
    assert error.value.param == f"conversation_config.args.{arg}"
