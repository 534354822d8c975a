"""The Jinja environment of chat templates: what transformers' `apply_chat_template` offers them.

Runs in a template process. The sandbox keeps honest templates away from Python's insides; what
holds against hostile ones is the process around it.
"""

import json
import re
import sys
from datetime import datetime
from types import TracebackType
from typing import Any, NoReturn

from jinja2 import Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hanabi.styles.template.frames import Refused, Render
from hanabi.styles.template.limits import MEMORY_BYTES, OUTPUT_CHARACTERS

MAX_REASON = 500
"""The most characters of a reason; a template may raise a sentence of any length."""

_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}", re.IGNORECASE)
"""How Python shows a value that has no text of its own: `<generator object at 0x7f...>`."""


class _OutputError(Exception):
    """The template writes too much, or what nobody should read."""


class _Generation(Extension):
    """`{% generation %}`, which marks what an assistant wrote for training; here it is its body."""

    tags = {"generation"}  # noqa: RUF012 - so declared by Jinja

    def parse(self, parser: Parser) -> nodes.Node:
        """Read up to `{% endgeneration %}`."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body, lineno=line)


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, which refuses an unsafe attribute at once instead of when it is used."""

    def unsafe_undefined(self, obj: Any, attribute: str) -> NoReturn:
        """Part of SandboxedEnvironment."""
        raise SecurityError(f"{attribute!r} of a {type(obj).__name__!r} is off limits")

    def handle_exception(self, source: str | None = None) -> NoReturn:
        """Part of Environment, which would rewrite a traceback that nobody reads here."""
        del source
        raise sys.exception() or AssertionError("called outside of an except block")


def warm_up() -> None:
    """Have Python import now what templates need, since later it cannot open files."""
    compile_template(
        r"{{ '\N{DIGIT ONE}<b>' | striptags | pprint }}{{ strftime_now('') }}"
    ).render()


def compile_template(source: str) -> Template:
    """Compile a template. Raises anything: see `refusal`."""
    environment = _Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        optimized=False,  # a constant expression may be as expensive as any other
        extensions=[_Generation, loopcontrols],
    )
    del environment.globals["lipsum"]
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = _strftime_now
    environment.filters["tojson"] = _tojson
    return environment.from_string(source)


def render_template(template: Template, source: str, call: Render) -> str:
    """Render, counting what comes out. Raises anything: see `refusal`."""
    context = template.new_context(
        {
            "messages": call.messages,
            "add_generation_prompt": True,
            "tools": None,
            "documents": None,
            **call.tokens,
        }
    )
    pieces, size = [], 0
    for piece in template.root_render_func(context):
        size += len(piece)
        if size > OUTPUT_CHARACTERS:
            raise _OutputError(f"the output must have at most {OUTPUT_CHARACTERS} characters")
        pieces.append(piece)
    text = "".join(pieces)
    _check_addresses(text, source, call)
    return text


def refusal(error: Exception) -> Refused:
    """What to tell of an error that compiling or rendering has raised."""
    line = error.lineno if isinstance(error, TemplateSyntaxError) else _line(error)
    match error:
        case MemoryError():
            reason = f"needs more than {MEMORY_BYTES >> 20} MiB of memory"
        case RecursionError():
            reason = "is nested or calls itself too deeply"
        case UnicodeEncodeError():
            reason = "the output has half of a surrogate pair, which is no character"
        case SyntaxError():  # Python's, about the code that Jinja makes of a template
            reason = error.msg
        case TemplateError():
            reason = error.message or "an error without words"
        case _OutputError() | TypeError() | ValueError() | LookupError() | ArithmeticError():
            reason = str(error)
        case _:  # its words may be about this machine
            reason = type(error).__name__
    reason = _ADDRESS.sub("", reason[:MAX_REASON])
    return Refused(reason.encode("utf-8", "replace").decode(), line)


def _line(error: Exception) -> int | None:
    """The line of the template that was at work; the innermost where templates call each other."""
    line: int | None = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line


def _check_addresses(text: str, source: str, call: Render) -> None:
    """Refuse a text that shows an address of this process; one in a message is a user's own."""
    shown = {match.lower() for match in _ADDRESS.findall(text)}
    if shown:
        given = "\n".join([source, *(value for each in call.messages for value in each.values())])
        if not all(address in given.lower() for address in shown):
            raise _OutputError("writes a value that is no text, such as a function or a generator")


def _raise_exception(message: Any) -> NoReturn:
    raise TemplateError(str(message))


def _strftime_now(form: str) -> str:
    return datetime.now().astimezone().strftime(form)


def _tojson(
    value: Any,
    ensure_ascii: bool = False,  # noqa: FBT001, FBT002 - the signature that transformers gives it
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,  # noqa: FBT001, FBT002 - likewise
) -> str:
    """JSON as it is: Jinja's own filter writes `<` as an escape, for HTML."""
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )
