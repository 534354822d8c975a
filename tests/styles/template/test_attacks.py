"""Payloads of published advisories and of their kind: each is refused or inert.

CVE-2024-34359 (llama-cpp-python), CVE-2026-5760 (SGLang): templates outside of a sandbox.
CVE-2024-56326, CVE-2025-27516 (Jinja): str.format by a detour, and by the filter `attr`.
"""

import pytest

from hanabi.errors import InvalidRequestError
from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.huggingface import HuggingFace
from hanabi.styles.jinja import Jinja
from hanabi.styles.message import Message
from hanabi.styles.style import Text

TOUCH = "__import__('pathlib').Path('CANARY').touch()"
CLASSES = "''.__class__.__mro__[1].__subclasses__()"
TURNS = "{% for a in range(100000) %}" * 3 + "{0}" + "{% endfor %}" * 3

ESCAPES = [
    '{{ self.__init__.__globals__.__builtins__.eval("TOUCH") }}',
    "{{ self._TemplateReference__context.eval_ctx.environment }}",
    (
        "{% for c in CLASSES %}{% if c.__name__ == 'catch_warnings' %}"
        "{{ c()._module.__builtins__['eval'](\"TOUCH\") }}{% endif %}{% endfor %}"
    ),
    "{{ CLASSES }}",
    "{{ cycler.__init__.__globals__.os.system('touch CANARY') }}",
    "{{ joiner.__init__.__globals__.os.system('touch CANARY') }}",
    "{{ namespace.__init__.__globals__.os.system('touch CANARY') }}",
    "{{ lipsum.__globals__['os'].system('touch CANARY') }}",
    "{{ lipsum.__globals__.__builtins__.open('CANARY', 'w') }}",
    "{{ range.__init__.__objclass__ }}",
    "{{ raise_exception.__globals__ }}",
    "{{ strftime_now.__globals__['sys'].modules['os'].system('touch CANARY') }}",
    "{{ ''['__class__']['__mro__'] }}",
    "{{ ''|attr('__class__')|attr('__mro__') }}",
    "{{ ''|attr('__cl' ~ 'ass__') }}",
    "{{ ''|attr('form' ~ 'at')|attr('__globals__') }}",
    "{{ ('{0.__class__.__mro__}'|attr('format'))(1) }}",
    "{{ '{0.__class__}'.format(messages) }}",
    "{{ '{x.__class__}'.format_map({'x': messages}) }}",
    "{% set f = '{0.__class__.__base__}'.format %}{{ [1]|map(f)|list }}",
    "{{ ['{0.__class__}']|map('format', 1)|list }}{{ ['{0.__class__}'.format]|map('x')|list }}",
    "{{ [messages]|map(attribute='__class__.__base__')|list }}",
    "{{ messages|groupby('__class__') }}",
    "{{ messages|sort(attribute='content.__class__.__mro__') }}",
    "{{ messages|sum(attribute='__class__') }}",
    "{{ (messages|map('upper')).gi_frame.f_back.f_globals }}",
    "{% macro m() %}{{ caller.__globals__ }}{% endmacro %}{% call m() %}{% endcall %}",
    "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}",
    "{{ loop.__init__ }}{% for i in [1] %}{{ loop._iterator.__class__ }}{% endfor %}",
    "{{ self.x.__func__ }}{% block x %}{{ super.__class__ }}{% endblock %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}{{ os.system('touch CANARY') }}",
    "{% from 'os' import system %}{{ system('touch CANARY') }}",
    "{% extends '/etc/passwd' %}",
    "{% set messages[0]['content'] = 'x' %}",
    "{{ messages.append(1) }}",
    "{{ messages[0].update({'content': 'x'}) }}",
    "{{ messages.clear() }}",
    "{{ 'x'.encode('../../../CANARY') }}",
    "{{ dict(**{'__class__': 1}).__class__ }}",
    "{{ ''.upper }}{{ messages.append }}",
]

EXHAUSTION = [
    "{% for i in range(10**9) %}{% endfor %}",
    TURNS.replace("{0}", ""),
    TURNS.replace("{0}", "x"),
    TURNS.replace("{0}", "{% set x = [i] * 1000 %}"),
    "{{ 'a' * 10**10 }}",
    "{{ ['a'] * 10**10 }}",
    "{{ 'a'.ljust(10**10) }}",
    "{{ 'a'.center(10**8) ~ 'b' }}",
    "{{ 'a'|center(10**10) }}",
    "{{ '%10000000000d' % 1 }}",
    "{{ '{:>10000000000}'.format(1) }}",
    "{{ 10**(10**8) }}",
    "{{ 2**10**3**10 }}",
    "{{ (7**100000)|string * 1000 }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    (
        "{% set n = namespace(x=[]) %}{% for i in range(100000) %}{% set n.x = [n.x] %}{% endfor %}"
        "{{ n.x }}"
    ),
    (
        "{% set n = namespace(x='ab') %}{% for i in range(64) %}"
        "{% set n.x = n.x ~ n.x %}{% endfor %}"
        "{{ n.x }}"
    ),
    "{% set n = namespace() %}{% set n.self = [n] %}{{ n.self | tojson }}",
    "{% for i in range(99999) %}{{ 'a' * 9999 }}{% endfor %}",
    "{% filter upper %}" + TURNS.replace("{0}", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa") + "{% endfilter %}",
    "{{ ('a' * 100000)|wordwrap(1)|indent|indent|indent|replace('\\n', 'a' * 100000) }}",
    "{{ ('<' * 9000000)|striptags|urlize }}",
    "{{ ('a' * 50000 ~ '@')|urlize }}{{ ('(' * 9999999)|urlize }}",
    "{{ messages|map('list')|list|tojson(indent=10**9) }}",
    "{{ [1]|batch(10**10, 'x')|list }}",
    "{{ [1]|slice(10**10, 'x')|list }}",
    "{{ range(100000)|map('string')|map('center', 100000)|join }}",
    "{{ '%s' % ((1,) * 10**9) }}",
    "{{ strftime_now('%Y' * 10**8) }}",
    "{% if %}{{ }}",
    "{{ raise_exception('a' * 10**8) }}",
]

HI = [Message("user", "hi")]


def outcome(templates, template, tmp_path):
    canary = tmp_path / "canary"
    template = template.replace("TOUCH", TOUCH).replace("CLASSES", CLASSES)
    template = template.replace("CANARY", str(canary))
    try:
        (segment,) = Jinja(template=template, render_template=templates.render).render(
            HI, ControlTokens()
        ) or (Text(""),)
        said = segment.text
    except InvalidRequestError as refused:
        said = refused.message
    assert not canary.exists()
    assert len(said) < 1000
    for leak in ("0x", "Traceback", 'File "', "/lib/python", "root:", "<module", "<class 'os"):
        assert leak not in said
    after = Jinja(template="{{ messages[0].content }}", render_template=templates.render)
    assert after.render(HI, ControlTokens()) == (Text("hi"),)
    return said


@pytest.mark.parametrize("template", ESCAPES)
def test_nothing_escapes(templates, tmp_path, template):
    outcome(templates, template, tmp_path)


@pytest.mark.parametrize("template", EXHAUSTION)
def test_nothing_exhausts(templates, tmp_path, template):
    said = outcome(templates, template, tmp_path)
    assert said.startswith("messages: ") or len(said) < 100


def test_the_template_of_weights_is_confined_likewise(templates):
    style = HuggingFace(render_template=templates.render)
    with pytest.raises(InvalidRequestError, match="'huggingface': line 1: '__init__' of a "):
        style.render(HI, ControlTokens(chat_template=ESCAPES[0]))
