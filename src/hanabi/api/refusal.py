"""From a decoding error of msgspec to the 400 that names the field, its limit and its value.

Decoding stops at the first error and tells a path and what was expected, but not what was found.
This runs only for a refused body: it walks the body's raw JSON and the wire type along the path,
so that the sentence shows the value as the client wrote it and every limit as the type states it.
A refusal must stay cheaper than the decoding that failed: only the way to the value is decoded.
"""

import re
from collections.abc import Iterator
from typing import TypeVar

import msgspec
from msgspec import inspect

from hanabi.errors import InvalidRequestError, UnknownFieldError

SHOWN = 80
"""The most characters of a refused value that are repeated in the sentence."""

SEARCHED = 1 << 20
"""The most bytes of an array or a mapping that are searched for the refused value."""

UNSEEN = b""
"""Stands for a value in more bytes than are searched; its sentence goes without it."""

_WHERE = re.compile(r" - at (`key` in )?`\$(.*)`$")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]|(\[\.\.\.\])")
_NAME = re.compile(r"^Object (?:contains unknown|missing required) field `(.*?)`")
_LENGTH = re.compile(r"^Expected `(\w+)` of length ([<>])= (\d+)")
_BYTE = re.compile(r"\(byte (\d+)\)$")
_NO_NUMBER = re.compile(rb'"(\w+)"\s*:\s*(NaN|-?Infinity)')

Numeric = inspect.IntType | inspect.FloatType


def refuse(error: Exception, body: bytes, wire_type: type[msgspec.Struct]) -> InvalidRequestError:
    """The error that tells the client what `error`, raised while decoding `body`, found.

    Args:
        error: a msgspec.DecodeError (a ValidationError is one), RecursionError or
            UnicodeDecodeError.
        body: what was decoded.
        wire_type: what it should have been.
    """
    try:
        if isinstance(error, msgspec.ValidationError):
            return _refuse_value(str(error), body, wire_type)
        if isinstance(error, RecursionError):
            raise error
    except RecursionError:
        return InvalidRequestError("The request body is nested too deeply")
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass  # what comes after the refused value is no JSON either
    return _refuse_malformed(str(error), body, wire_type)


def _refuse_value(
    sentence: str, body: bytes, wire_type: type[msgspec.Struct]
) -> InvalidRequestError:
    """The error for a value that breaks its type, of which msgspec says `sentence`."""
    where = _WHERE.search(sentence)
    path = where[2] if where else ""
    if field := _NAME.match(sentence):
        name = f"{path}.{field[1]}".removeprefix(".")
        if "unknown" in field[0]:
            return UnknownFieldError(f"Extra inputs are not permitted, field: '{name}'", param=name)
        return InvalidRequestError(f"{name} is required", param=name)
    if not path:
        return InvalidRequestError("The request body must be a JSON object")
    name, raw, node = _walk(path, body, inspect.type_info(wire_type))
    subject = name
    if where and where[1]:
        subject, (raw, node) = f"a key of {name}", _refused_key(raw, node)
    rule = _range_rule(node, sentence, raw) or _kind_rule(node, raw)
    return InvalidRequestError(f"{subject} {rule}", param=name)


def _refuse_malformed(
    sentence: str, body: bytes, wire_type: type[msgspec.Struct]
) -> InvalidRequestError:
    """JSON has no NaN, but Python's json writes it: that field is named, all else is not JSON."""
    if place := _BYTE.search(sentence):
        byte = int(place[1])
        start = max(0, byte - SHOWN)
        fields = {field.name: field.type for field in struct_node(wire_type).fields}
        for found in _NO_NUMBER.finditer(body[start : byte + len(b"Infinity")]):
            node = fields.get(name := found[1].decode())
            if node and found.start(2) <= byte - start < found.end(2):
                rule = _range_rule(node, "out of range", found[2]) or _kind_rule(node, found[2])
                return InvalidRequestError(f"{name} {rule}", param=name)
    return InvalidRequestError("The request body is not valid JSON in UTF-8")


def struct_node(wire_type: type[msgspec.Struct]) -> inspect.StructType:
    """What msgspec knows of a wire type: its fields with their limits and marks."""
    node = inspect.type_info(wire_type)
    assert isinstance(node, inspect.StructType)  # noqa: S101 - what type_info says of a Struct
    return node


def _walk(path: str, body: bytes, node: inspect.Type) -> tuple[str, bytes, inspect.Type]:
    """Follow a path of msgspec's to the refused value: its name, its JSON and its type.

    Stops early at a value whose type says nothing of what is in it.
    """
    name, raw = "", body
    for field, index, _ in (step.groups() for step in _STEP.finditer(path)):
        if field and (struct := _member(node, inspect.StructType)):
            name = f"{name}.{field}".removeprefix(".")
            raw = _field(raw, field)
            node = next(f.type for f in struct.fields if f.encode_name == field)
        elif index and (array := _member(node, inspect.ListType)):
            name = f"{name}[{index}]"
            raw = _item(raw, int(index))
            node = array.item_type
        elif (mapping := _member(node, inspect.DictType)) and isinstance(
            mapping.value_type, Numeric
        ):
            node = mapping.value_type
            key, raw = next(
                ((key, value) for key, value in _entries(raw) if not _fits(value, node)),
                ("...", UNSEEN),
            )
            name = f"{name}[{key}]"
        else:
            break
    return name, raw, node


def _refused_key(raw: bytes, node: inspect.Type) -> tuple[bytes, inspect.Type]:
    """The first key of a mapping from integers that breaks its type."""
    mapping = _member(node, inspect.DictType)
    assert mapping and isinstance(mapping.key_type, Numeric)  # noqa: S101, PT018 - no other can
    keys = (key.encode() for key, _ in _entries(raw))
    refused = (key for key in keys if not _fits(key, mapping.key_type))
    return next(refused, UNSEEN), mapping.key_type


def _field(raw: bytes, name: str) -> bytes:
    """The JSON of one field of an object; the others are skipped."""
    only = msgspec.defstruct("Only", [(name, msgspec.Raw)])
    return UNSEEN if raw == UNSEEN else bytes(getattr(msgspec.json.decode(raw, type=only), name))


def _item(raw: bytes, index: int) -> bytes:
    """The JSON of one item of an array."""
    if raw == UNSEEN or len(raw) > SEARCHED:
        return UNSEEN
    return bytes(msgspec.json.decode(raw, type=list[msgspec.Raw])[index])


def _entries(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """The keys of a mapping and the JSON of their values."""
    if raw != UNSEEN and len(raw) <= SEARCHED:
        for key, value in msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).items():
            yield key, bytes(value)


def _fits(raw: bytes, node: Numeric) -> bool:
    """Whether a JSON number is within the limits of a number's type."""
    try:
        number = msgspec.json.decode(raw, type=int | float)
    except msgspec.DecodeError:
        return False
    if isinstance(node, inspect.IntType) and not isinstance(number, int):
        return False
    low, high = node.ge, node.le
    return (low is None or number >= low) and (high is None or number <= high)


def _members(node: inspect.Type) -> Iterator[inspect.Type]:
    """The types of a union, without None; a type that is no union alone."""
    if isinstance(node, inspect.Metadata):
        yield from _members(node.type)
    elif isinstance(node, inspect.UnionType):
        for member in node.types:
            yield from _members(member)
    elif not isinstance(node, inspect.NoneType):
        yield node


M = TypeVar("M", bound=inspect.Type)


def _member(node: inspect.Type, kind: type[M]) -> M | None:
    """The member of a union that is of a kind."""
    return next((member for member in _members(node) if isinstance(member, kind)), None)


def _range_rule(node: inspect.Type, sentence: str, raw: bytes) -> str | None:
    """The sentence for a value of the right kind outside its limits, or None for a wrong kind."""
    if length := _LENGTH.match(sentence):
        kind, side, limit = length.groups()
        if side == ">":  # the one least length that wire types have is 1
            return "must not be empty"
        unit = "characters" if kind == "str" else "items"
        given = f": {len(msgspec.json.decode(raw))}" if raw != UNSEEN else ""
        return f"must have at most {limit} {unit}{given}"
    if "out of range" in sentence or re.search(r" [<>]=? ", sentence):
        for member in _members(node):
            if isinstance(member, Numeric) and (limits := _limits(member)):
                return f"must be {limits}{_given(raw)}"
    return None


def _limits(node: Numeric) -> str:
    """The limits of a number in words, "" when it has none."""
    low, above, high = (_number(limit) for limit in (node.ge, node.gt, node.le))
    if low and high:
        return f"between {low} and {high}"
    words = [f"greater than {above}" if above else "", f"at least {low}" if low else ""]
    words.append(f"at most {high}" if high else "")
    return " and ".join(word for word in words if word)


def _number(limit: float | None) -> str:
    """A limit as people write it: 2, not 2.0."""
    return "" if limit is None else str(int(limit) if limit == int(limit) else limit)


_KINDS: dict[type[inspect.Type], str] = {
    inspect.BoolType: "a boolean",
    inspect.StrType: "a string",
    inspect.IntType: "an integer",
    inspect.FloatType: "a number",
    inspect.DictType: "an object",
    inspect.StructType: "an object",
    inspect.ListType: "an array",
    inspect.AnyType: "a value without numbers that are out of range",
}


def _kind_rule(node: inspect.Type, raw: bytes) -> str:
    """The sentence for a value of the wrong kind."""
    kinds: list[str] = []
    for member in _members(node):
        if isinstance(member, inspect.LiteralType):
            kinds.extend(f"'{value}'" for value in member.values)
        elif isinstance(member, Numeric):
            kinds.append(f"{_KINDS[type(member)]} {_limits(member)}".rstrip())
        else:
            kinds.append(_KINDS[type(member)])
    return f"must be {' or '.join(kinds)}{_given(raw)}"


def _given(raw: bytes) -> str:
    """The end of a sentence: the value, where it was found."""
    return "" if raw == UNSEEN else f": {shown(raw)}"


def shown(raw: bytes) -> str:
    """A refused value as the client wrote it, cut when it is long."""
    text = raw[: 4 * SHOWN + 1].decode(errors="replace")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
