r"""The `filter` of a list: the part of AIP-160 that models need.

    filter      = restriction { "AND" restriction }
    restriction = field ( "=" | "!=" | ":" ) value
    value       = a word, or a string in double or single quotes with \ before a quote or a \

`=` and `!=` compare; `:` asks whether a text contains another, without regard to case. What else
AIP-160 has (OR, NOT, parentheses, wildcards, order, functions) is refused. Of libraries there are
some for Go and Rust, none that is kept up for Python.
"""

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from hanabi.errors import InvalidRequestError
from hanabi.registry.model import StoredModel

Predicate = Callable[[StoredModel], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<operator>!=|[=:])|(?P<word>[\w./][\w./-]*)|"(?P<double>(?:[^"\\]|\\["'\\])*)"
    |'(?P<single>(?:[^'\\]|\\["'\\])*)')""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_FORM = (
    'filter must be restrictions such as state=READY or displayName:"llama", joined by AND; '
    "OR, NOT, parentheses, wildcards and other operators are not supported"
)


class _Field(Struct, frozen=True):
    """A field that a filter may name: its text, the operators and the values that it takes."""

    text: Callable[[StoredModel], str]
    operators: tuple[str, ...] = ("=", "!=", ":")
    values: tuple[str, ...] = ()


class _Token(Struct, frozen=True):
    kind: str
    text: str


_FIELDS = {
    "name": _Field(lambda model: str(model.name)),
    "displayName": _Field(lambda model: model.details.display_name),
    "description": _Field(lambda model: model.details.description),
    "state": _Field(lambda model: model.state, ("=", "!="), ("UPLOADING", "READY")),
    "public": _Field(
        lambda model: "true" if model.details.public else "false", ("=", "!="), ("true", "false")
    ),
}


def parse_filter(text: str) -> Predicate:
    """The predicate that a filter states; an empty one lets every model pass.

    Raises InvalidRequestError that states the rule and the place.
    """
    tokens = list(_tokens(text))
    restrictions = []
    for start in range(0, len(tokens), 4):
        restrictions.append(_restriction(tokens[start : start + 3], text))
        link = tokens[start + 3 : start + 4]
        if link and (link[0] != _Token("word", "AND") or start + 4 == len(tokens)):
            raise _refused(text)
    return lambda model: all(holds(model) for holds in restrictions)


def _tokens(text: str) -> Iterator[_Token]:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _refused(text)
        position = match.end()
        kind = match.lastgroup
        assert kind is not None  # noqa: S101 - each alternative of the pattern is a named group
        if kind in {"double", "single"}:
            yield _Token("string", _ESCAPE.sub(r"\1", match[kind]))
        else:
            yield _Token(kind, match[kind])


def _restriction(tokens: list[_Token], text: str) -> Predicate:
    """The predicate of one restriction: a field, an operator and a value."""
    if [token.kind for token in tokens] not in (
        ["word", "operator", "word"],
        ["word", "operator", "string"],
    ):
        raise _refused(text)
    name, operator, value = (token.text for token in tokens)
    field = _FIELDS.get(name)
    if field is None:
        raise _wrong(f"filter: there is no field {name!r}; the fields are {', '.join(_FIELDS)}")
    if operator not in field.operators:
        raise _wrong(f"filter: {name} takes {' and '.join(field.operators)} only: {operator}")
    if field.values and value not in field.values:
        raise _wrong(f"filter: {name} must be {' or '.join(field.values)}: {value!r}")
    if "*" in value:
        raise _wrong(f"filter: wildcards are not supported, use {name}:... instead: {value!r}")
    wanted = value.casefold()
    match operator:
        case "=":
            return lambda model: field.text(model) == value
        case "!=":
            return lambda model: field.text(model) != value
        case _:
            return lambda model: wanted in field.text(model).casefold()


def _refused(text: str) -> InvalidRequestError:
    return _wrong(f"{_FORM}: {text!r}")


def _wrong(sentence: str) -> InvalidRequestError:
    return InvalidRequestError(sentence, param="filter")
