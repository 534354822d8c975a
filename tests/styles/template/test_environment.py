"""The environment offers what `apply_chat_template` of transformers offers."""

from datetime import datetime

import pytest

from hanabi.styles.template.environment import (
    MAX_REASON,
    compile_template,
    refusal,
    render_template,
    warm_up,
)
from hanabi.styles.template.frames import Refused, Render
from hanabi.styles.template.limits import OUTPUT_CHARACTERS

HELLO = [{"role": "user", "content": "<hello> at 0x7f0123456789"}]


def written(source, messages=HELLO, **tokens):
    call = Render(messages=messages, tokens=tokens)
    return render_template(compile_template(source), source, call)


def refused(source):
    try:
        written(source)
    except Exception as error:  # noqa: BLE001 - a template can raise anything
        return refusal(error)
    raise AssertionError(source)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ messages[0].content }}", HELLO[0]["content"]),
        ("{{ messages[0]['role'] }}", "user"),
        ("{{ bos_token }}{{ eos_token }}", "<s>"),
        ("{{ add_generation_prompt }}{{ tools is none }}{{ documents is none }}", "TrueTrueTrue"),
        ("{{ {'b': ['<é>'], 'a': none} | tojson }}", '{"b": ["<é>"], "a": null}'),
        ("{{ [1] | tojson(indent=1) }}", "[\n 1\n]"),
        ("{% for i in [1, 2, 3] %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}", "1"),
        ("{% for i in [1, 2] %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}", "2"),
        ("a{% generation %}{{ bos_token }}{% endgeneration %}b", "a<s>b"),
        ("{% if true %}\n  a\n  {% endif %}\n  b", "  a\n  b"),
        ("{% set n = namespace(a=1) %}{% set n.a = 2 %}{{ n.a }}", "2"),
        ("{% macro m(x) %}[{{ x }}]{% endmacro %}{{ m('y') }}", "[y]"),
        ("{{ missing }}{{ lipsum }}", ""),
        ("{{ messages | length }}", "1"),
    ],
)
def test_what_templates_may_use(source, text):
    assert written(source, bos_token="<s>") == text


def test_today():
    assert written("{{ strftime_now('%Y') }}") == str(datetime.now().astimezone().year)


@pytest.mark.parametrize(
    ("source", "refusal"),
    [
        ("a\n\n{{ raise_exception('roles must alternate') }}", Refused("roles must alternate", 3)),
        ("a\n{% if %}", Refused("Expected an expression, got 'end of statement block'", 2)),
        ("\n{{ nothing.at.all }}", Refused("'nothing' is undefined", 2)),
        (
            "{% macro m() %}\n{{ 1 + 'a' }}{% endmacro %}\n{{ m() }}",
            Refused("unsupported operand type(s) for +: 'int' and 'str'", 2),
        ),
        ("{{ messages[0].__class__ }}", Refused("'__class__' of a 'dict' is off limits", 1)),
        ("{{ messages.append(1) }}", Refused("'append' of a 'list' is off limits", 1)),
        ("{{ 1 // 0 }}", Refused("integer division or modulo by zero", 1)),
        ("{{ 'a' | nofilter }}", Refused("No filter named 'nofilter'.", 1)),
        (
            "{{ '%s' * 3000000 }}",
            Refused(f"the output must have at most {OUTPUT_CHARACTERS} characters"),
        ),
    ],
)
def test_what_is_refused_and_where(source, refusal):
    assert refused(source) == refusal


@pytest.mark.parametrize("value", ["''.upper", "messages | map('length')", "cycler(1)"])
@pytest.mark.parametrize("form", ["{{ %s }}", "{{ [%s] }}", "{{ %s ~ '' }}", "{{ '%%s' %% (%s) }}"])
def test_no_address_is_written(form, value):
    assert "a value that is no text" in refused(form % value).reason


def test_no_address_is_told():
    assert "0x" not in refused("{{ raise_exception(''.upper) }}").reason


def test_the_words_of_an_error_about_the_machine_are_not_told():
    assert refusal(FileNotFoundError("a/path")) == Refused("FileNotFoundError")


def test_a_long_reason_is_cut():
    assert len(refused("{{ raise_exception('a' * 10000) }}").reason) == MAX_REASON


def test_a_surrogate_in_a_reason():
    assert refused(r"{{ raise_exception('\ud800') }}").reason == "?"


def test_a_line_in_front():
    assert (str(Refused("a", 2)), str(Refused("a"))) == ("line 2: a", "a")


def test_warming_up_needs_nothing():
    warm_up()
