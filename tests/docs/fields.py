"""The fields of a request as docs/api.md tells them, made from the wire types."""

import json

from msgspec import inspect

from hanabi.api.chat import DEFAULT_MAX_TOKENS as CHAT_MAX_TOKENS
from hanabi.api.completions import DEFAULT_MAX_TOKENS as COMPLETIONS_MAX_TOKENS
from hanabi.generation.text import TextRequest
from hanabi.protocol.chat import ChatRequest
from hanabi.protocol.common import GeneratingRequest
from hanabi.protocol.completions import CompletionRequest
from hanabi.sampling.params import SamplingParams

LABELS = ("user", "metadata", "service_tier", "prompt_cache_key")
"""Fields that are accepted and not used; api.md lists them in a sentence."""

_POWERS = {2**31 - 1: "2^31 - 1", 2**63 - 1: "2^63 - 1"}


def field_rows():
    """A row for each field: name, values, what holds where it is left out, meaning."""
    return [
        (f"`{field.name}`", values(field.type), left_out(field), description(field.type))
        for field in _all_fields()
        if not _off(field) and field.name not in LABELS
    ]


def lacking_rows():
    """A row for each field that others have and this server has not: name, accepted values."""
    rows = {}
    for field in _all_fields():
        if off := _off(field):
            accepted = ", ".join(f"`{json.dumps(value)}`" for value in (None, *off["off"]))
            rows[f"`{field.name}`"] = accepted
    return list(rows.items())


def values(node):
    """The values that a type takes, in words."""
    words = []
    for member in _members(node):
        match member:
            case inspect.BoolType():
                words.append("boolean")
            case inspect.IntType():
                words.append(f"integer{_range(member)}")
            case inspect.FloatType():
                words.append(f"number{_range(member)}")
            case inspect.StrType():
                words.append(f"string{_length(member, 'characters')}")
            case inspect.LiteralType():
                words.append(" or ".join(f"`{value}`" for value in member.values))
            case inspect.ListType():
                words.append(f"array of {_count(member)}({values(member.item_type)})")
            case inspect.DictType():
                words.append(f"object of token id to {values(member.value_type)}")
            case inspect.StructType():
                words.append("object")
    return "; or ".join(words)


def left_out(field):
    """What holds where the request does not say, apart from a model's defaults."""
    name = field.name
    if field.required:
        return "required"
    if name == "max_tokens":
        return f"{COMPLETIONS_MAX_TOKENS}; {CHAT_MAX_TOKENS} for chat"
    if name == "context_length_exceeded_behavior":
        return f"`{TextRequest(model='', source=None, fallback_max_tokens=1).overflow}`"
    if name == "n":
        return str(TextRequest(model="", source=None, fallback_max_tokens=1).n)
    default = getattr(SamplingParams(), name, None)
    if isinstance(default, int | float):
        return f"{default:g}"
    return "`false`" if values(field.type) == "boolean" else "off"


def description(node):
    """What the wire type says of a field."""
    schema = node.extra_json_schema if isinstance(node, inspect.Metadata) else None
    text = (schema or {}).get("description", "")
    return f"`{text}`" if "<" in text else text  # Markdown would take it for a tag


def _all_fields():
    """Fields of both routes: the own ones of each, then the shared ones."""
    shared = {field.name for field in inspect.type_info(GeneratingRequest).fields}
    fields = [
        field
        for wire_type in (CompletionRequest, ChatRequest)
        for field in inspect.type_info(wire_type).fields
        if field.name not in shared
    ]
    return [*fields, *inspect.type_info(GeneratingRequest).fields]


def _off(field):
    return field.type.extra if isinstance(field.type, inspect.Metadata) else None


def _members(node):
    if isinstance(node, inspect.Metadata):
        return _members(node.type)
    if isinstance(node, inspect.UnionType):
        return [member for part in node.types for member in _members(part)]
    return [] if isinstance(node, inspect.NoneType) else [node]


def _range(node):
    low = f"above {_number(node.gt)}" if node.gt is not None else _number(node.ge)
    if node.le is None:
        return f", {low} or more" if low else ""
    return f", {low} to {_number(node.le)}"


def _length(node, unit):
    low, high = node.min_length, node.max_length
    if low and high:
        return f", {low} to {high} {unit}"
    if high:
        return f", at most {high} {unit}"
    return ", not empty" if low else ""


def _count(node):
    if node.max_length:
        return f"at most {node.max_length} "
    return f"{node.min_length} or more " if node.min_length else ""


def _number(value):
    return "" if value is None else _POWERS.get(value, f"{value:g}")
