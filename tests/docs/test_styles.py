"""docs/styles.md against the styles."""

import json
import re

import pytest

from hanabi.generation.defaults import ModelDefaults
from hanabi.registry.manifest import parse_manifest
from hanabi.styles.args import StyleArgs
from hanabi.styles.catalog import make_style, style_names
from hanabi.styles.chatml import ChatML
from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.style import Bos, Control, Eos, Text
from hanabi.styles.template import limits

from .markdown import PAGES, blocks, section, table, tables

PAGE = PAGES["docs/styles.md"]
HELLO = Message("user", "Hello, what is your name?")


def written(style, *messages):
    """A conversation as the text that a model reads."""
    segments = style.render(messages, ControlTokens())
    return "".join(part.token if isinstance(part, Control) else part.text for part in segments)


def test_the_table_says_which_styles_there_are():
    rows = tables(PAGE)[0]
    assert {style.strip("`") for style, today in rows if today == "yes"} == set(style_names())


def test_every_style_of_today_has_a_section():
    assert set(style_names()) <= set(re.findall(r"^## (.*)$", PAGE, re.MULTILINE))


def test_the_manifest_is_one():
    shown = next(block.text for block in blocks("docs/styles.md") if block.info == "json")
    assert parse_manifest(shown.encode()).style == ChatML(system="You are a pirate.")


def test_the_prompt_of_the_default_system_message():
    shown = next(block.text for block in blocks("docs/styles.md") if block.info == "text")
    assert written(ChatML(), HELLO) == shown


def test_the_echoed_prompt():
    shown = [json.loads(b.text) for b in blocks("docs/styles.md") if b.info == "json"]
    (reply,) = [each for each in shown if "choices" in each]
    content = reply["choices"][0]["message"]["content"]
    assert content == written(ChatML(system="You are a pirate."), HELLO)


def test_the_template():
    (shown,) = [b.text for b in blocks("docs/styles.md") if b.info == "json" and "jinja" in b.text]
    style = parse_manifest(shown.encode()).style
    tokens = ControlTokens(spellings={"<s>", "<|im_end|>"}, bos="<s>", eos="</s>")
    assert style.render([HELLO], tokens) == (
        Control("<s>"),
        Text("[system] You are a pirate."),
        Control("<|im_end|>"),
        Text("[user] Hello, what is your name?"),
        Control("<|im_end|>"),
        Text("[assistant]"),
    )


def test_the_limits_of_templates():
    written_limits = dict(table(section(PAGE, "## jinja")))
    assert written_limits == {
        "processor time of a rendering, and of compiling": f"{limits.CPU_SECONDS:g} s",
        "time in all, for a machine that is busy": f"{limits.WALL_SECONDS:g} s",
        "memory": f"{limits.MEMORY_BYTES >> 20} MiB",
        "output": f"{limits.OUTPUT_CHARACTERS:,} characters",
    }


def test_the_defaults():
    named = re.findall(r"`(\w+)`", section(PAGE, "## Defaults"))
    assert tuple(named[1:]) == ModelDefaults.__struct_fields__


S = Message("system", "You are a pirate.")
TALK = (S, HELLO, Message("assistant", "Arr, I be Jack."), Message("user", "Say it again."))


@pytest.mark.parametrize(
    ("name", "messages"),
    [
        ("alpaca", (HELLO,)),
        ("llama-chat", TALK),
        ("mistral-chat", TALK),
        ("vicuna", TALK),
    ],
)
def test_the_prompts_of_the_other_styles(name, messages):
    segments = make_style(name, StyleArgs()).render(messages, ControlTokens())
    spelled = {Bos(): "<s>", Eos(): "</s>"}
    text = "".join(spelled.get(part) or part.text for part in segments)
    shown = section(PAGE, f"## {name}").partition("```text\n")[2].partition("\n```")[0]
    assert shown == text
