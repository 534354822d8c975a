import pytest

from hanabi.errors import InvalidRequestError
from hanabi.styles.args import SpecialTokens, StyleArgs
from hanabi.styles.catalog import make_style, style_names
from hanabi.styles.chatml import ChatML


def test_makes_a_style_with_its_args():
    assert make_style("chatml", StyleArgs()) == ChatML()
    assert make_style("chatml", StyleArgs(system="Be brief.")) == ChatML(system="Be brief.")
    assert make_style("chatml", StyleArgs(system="")) == ChatML(system="")


@pytest.mark.parametrize("name", style_names())
def test_every_style_carries_its_name(name):
    assert make_style(name, StyleArgs()).name == name


@pytest.mark.parametrize("name", ["", "ChatML", "chatml ", "lama-chat"])
def test_an_unknown_style_is_refused_with_the_known_ones(name):
    with pytest.raises(InvalidRequestError) as refusal:
        make_style(name, StyleArgs())
    assert repr(name) in refusal.value.message
    assert all(known in refusal.value.message for known in style_names())
    assert refusal.value.param == "conversation_config.style"


@pytest.mark.parametrize(
    "args",
    [
        StyleArgs(template="{{ messages }}"),
        StyleArgs(special_tokens_map=SpecialTokens(bos_token="<s>")),
        StyleArgs(keep_leading_spaces=False),
    ],
)
def test_an_arg_that_would_do_nothing_is_refused(args):
    (name,) = args.given
    with pytest.raises(InvalidRequestError, match="does not take it; it takes: system") as refusal:
        make_style("chatml", args)
    assert refusal.value.param == f"conversation_config.args.{name}"
