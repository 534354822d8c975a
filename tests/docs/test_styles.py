"""docs/styles.md against the styles."""

import json
import re

from hanabi.generation.defaults import ModelDefaults
from hanabi.registry.manifest import parse_manifest
from hanabi.styles.catalog import style_names
from hanabi.styles.chatml import ChatML
from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.style import Control

from .markdown import PAGES, blocks, section, table

PAGE = PAGES["docs/styles.md"]
HELLO = Message("user", "Hello, what is your name?")


def written(style, *messages):
    """A conversation as the text that a model reads."""
    segments = style.render(messages, ControlTokens())
    return "".join(part.token if isinstance(part, Control) else part.text for part in segments)


def test_the_table_says_which_styles_there_are():
    rows = table(PAGE)
    assert {style.strip("`") for style, today in rows if today == "yes"} == set(style_names())
    assert {today for _, today in rows} == {"yes", "later"}


def test_every_style_of_today_has_a_section():
    assert set(style_names()) <= set(re.findall(r"^## (.*)$", PAGE, re.MULTILINE))


def test_the_manifest_is_one():
    shown = next(block.text for block in blocks("docs/styles.md") if block.info == "json")
    assert parse_manifest(shown.encode()).style == ChatML(system="You are a pirate.")


def test_the_prompt_of_the_default_system_message():
    shown = next(block.text for block in blocks("docs/styles.md") if block.info == "text")
    assert written(ChatML(), HELLO) == shown


def test_the_echoed_prompt():
    replies = [json.loads(b.text) for b in blocks("docs/styles.md") if b.info == "json"]
    content = replies[-1]["choices"][0]["message"]["content"]
    assert content == written(ChatML(system="You are a pirate."), HELLO)


def test_the_defaults():
    named = re.findall(r"`(\w+)`", section(PAGE, "## Defaults"))
    assert tuple(named[1:]) == ModelDefaults.__struct_fields__
