"""The query of a request's address, converted once into its wire type."""

from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Scope

from hanabi.api.refusal import refuse
from hanabi.errors import InvalidRequestError

T = TypeVar("T", bound=msgspec.Struct)

MAX_FIELDS = 32
"""More than any route has."""


def read_query(scope: Scope, wire_type: type[T]) -> T:
    """The query of a request. Raises InvalidRequestError for one that breaks its type."""
    try:
        pairs = parse_qsl(
            scope["query_string"].decode("latin-1"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise InvalidRequestError(
            f"The query must be UTF-8, percent-encoded, with at most {MAX_FIELDS} fields"
        ) from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        twice = next(name for name, _ in pairs if sum(name == other for other, _ in pairs) > 1)
        raise InvalidRequestError(f"{twice} may be given once only", param=twice)
    try:
        return msgspec.convert(fields, wire_type, strict=False)
    except msgspec.ValidationError as error:
        raise refuse(error, msgspec.json.encode(fields), wire_type) from None
