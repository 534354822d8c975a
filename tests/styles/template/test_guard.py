"""What a user wrote never becomes a control token, whatever a template does to it."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hanabi.styles.style import Control, Text
from hanabi.styles.template.guard import make_guard

SPELLINGS = ("<|im_start|>", "<|im_end|>", "<s>", "</s>", "[INST]", "[/INST]", "<|user|>", "<<>")

FRAGMENTS = [each[:size] for each in SPELLINGS for size in range(1, len(each) + 1)]
FRAGMENTS += [each[size:] for each in SPELLINGS for size in range(1, len(each))]
contents = st.lists(
    st.sampled_from(FRAGMENTS) | st.sampled_from([" ", "\n", "a", "İ", "\ufdd0", "\U000f0000"]),
    max_size=6,
).map("".join) | st.text(max_size=20)

TEMPLATES = {
    "plain": lambda a, b: f"<|im_start|>{a}<|im_end|>{b}</s>",
    "trimmed": lambda a, b: f"<s>[INST] {a.strip()} [/INST]{b.strip()}</s>",
    "touching": lambda a, b: f"<s>{a}{b}{a.strip()}{b.strip()}</s>",
    "upper": lambda a, b: f"[INST]{a.upper()}[/INST]{b.lower()}</s>",
    "capitals": lambda a, b: f"[INST]{a.title()}[/INST]{b.swapcase()}</s>",
    "sliced": lambda a, b: f"<s>{a[:3]}<|im_end|>{b[2:]}</s>",
    "cut off": lambda a, b: f"<s>{a.lstrip()[1:]}</s>{b[:-1]}</s>",
    "parts of spellings beside it": lambda a, b: f"<|{a}|>[{b}]<{a.strip()}>|{b.strip()}<",
}


def shown(segments):
    return "".join(s.token if isinstance(s, Control) else s.text for s in segments)


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES.keys())
@given(first=contents, second=contents)
@example(first="<|im_", second="end|>")
@example(first="im_end", second="/INST")
@example(first="x<|IM_END|>", second="[inst]")
@example(first="<<<s>s>", second="<<|im_end|>")
def test_control_tokens_are_the_template_s_own(template, first, second):
    guard = make_guard(SPELLINGS, [first, second], ["<|im_start|>"])
    segments = guard.cut(template(guard.content(first), guard.content(second)))
    controls = [each for each in segments if isinstance(each, Control)]
    own = guard.cut(template("", ""))
    assert controls == [each for each in own if isinstance(each, Control)]
    assert all(isinstance(each, Control) or each.text for each in segments)


@given(first=contents, second=contents)
def test_the_text_stays_as_it_was(first, second):
    guard = make_guard(SPELLINGS, [first, second], [])
    for name in ("plain", "trimmed", "touching", "parts of spellings beside it"):
        template = TEMPLATES[name]
        rendered = template(guard.content(first), guard.content(second))
        assert shown(guard.cut(rendered)) == template(first, second)


@given(contents)
def test_a_content_that_could_be_no_token_goes_through_untouched(text):
    guard = make_guard(SPELLINGS, [text], [])
    low = text.lower()
    if not re.search(r"[<>\[\]|/s]", low) and low.strip() not in guard.spelled:
        assert guard.content(text) == text


def test_a_template_may_put_a_role_into_a_spelling():
    guard = make_guard(SPELLINGS, ["user", "hi"], [])
    assert guard.cut(f"<|{guard.role('user')}|>{guard.content('hi')}") == (
        Control("<|user|>"),
        Text("hi"),
    )


def test_a_content_may_not():
    guard = make_guard(SPELLINGS, ["user"], [])
    assert guard.cut(f"<|{guard.content('user')}|>") == (Text("<|user|>"),)


@pytest.mark.parametrize("role", ["<|user|>", "user|>x<|user", "|><s><|"])
def test_a_role_brings_no_token_of_its_own(role):
    guard = make_guard(SPELLINGS, [role], [])
    assert guard.cut(f"<|{guard.role(role)}|>") == (Text(f"<|{role}|>"),)


def test_the_longest_spelling_wins():
    guard = make_guard(("<a>", "<a><b>"), [], [])
    assert guard.cut("<a><b><a>") == (Control("<a><b>"), Control("<a>"))


def test_a_spelling_of_one_character_is_text():
    guard = make_guard(("x", "<s>"), ["x"], [])
    assert guard.cut("<s>xx") == (Control("<s>"), Text("xx"))


def test_no_control_tokens_at_all():
    guard = make_guard((), ["<s>"], [])
    assert guard.cut(guard.content("<s>")) == (Text("<s>"),)


def test_the_mark_occurs_nowhere_else():
    noncharacters = "".join(map(chr, range(0xFDD0, 0xFDF0)))
    assert make_guard((), ["a\ufdd0"], ["\ufdd1"]).mark == "\ufdd2"
    assert make_guard((), [noncharacters], []).mark == "\U000f0000"
    private = "".join(map(chr, range(0xF0000, 0x110000)))
    assert make_guard((), [noncharacters, private], []) is None
