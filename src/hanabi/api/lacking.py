"""Refuses the fields that others have and this server has not (api.md, decision 1).

Nothing is accepted and then ignored: such a field may hold null or a value that means off.
"""

from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from hanabi.api.refusal import shown, struct_node
from hanabi.errors import InvalidRequestError


def check_lacking(wire: msgspec.Struct, where: str = "") -> None:
    """Raise InvalidRequestError for the first lacking field that holds more than an off value.

    Args:
        wire: a decoded Struct.
        where: the path of the Struct in the body, "" for the body itself.
    """
    for name, sent, off in _lacking_fields(type(wire)):
        value = getattr(wire, name)
        if value is None or any(type(value) is type(o) and value == o for o in off):
            continue
        field = f"{where}.{sent}".removeprefix(".")
        accepted = " or ".join(msgspec.json.encode(o).decode() for o in off)
        advice = f"leave it out or send {accepted}" if accepted else "leave it out"
        raise InvalidRequestError(
            f"{field} is not supported, {advice}: {shown(msgspec.json.encode(value))}", param=field
        )


@cache
def _lacking_fields(
    wire_type: type[msgspec.Struct],
) -> tuple[tuple[str, str, tuple[Any, ...]], ...]:
    """The fields of a wire type that are marked `lacking`: name here, on the wire, off values."""
    return tuple(
        (field.name, field.encode_name, field.type.extra["off"])
        for field in struct_node(wire_type).fields
        if isinstance(field.type, inspect.Metadata) and field.type.extra
    )
