"""JSON objects of replies, with typed attributes.

The base is our own instead of msgspec's or pydantic's: those either drop the keys that they do not
know, or cost more to import than the whole of this client.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, Self, get_args, get_origin, get_type_hints

Reading = Callable[[Any], Any]


class Record:
    """A JSON object, read by attribute and not to be changed.

    A subclass declares the attributes. A declared one that the object lacks is None; a key that is
    not declared can be read all the same, and a `-` in a key is a `_` in its attribute.
    """

    def __init__(self, fields: Mapping[str, Any]) -> None:
        """Take the object as JSON has it."""
        self.__dict__["_fields"] = fields

    @classmethod
    def fits(cls, fields: Mapping[str, Any]) -> bool:  # noqa: ARG003 - a subclass looks at them
        """Whether an object is of this form; asked where an attribute has one of several."""
        return True

    def to_dict(self) -> dict[str, Any]:
        """The object as it came, unknown keys and all; nested ones are dicts too."""
        copied: dict[str, Any] = json.loads(self.to_json())
        return copied

    def to_json(self) -> str:
        """The object as JSON."""
        return json.dumps(self.__dict__["_fields"], ensure_ascii=False)

    if not TYPE_CHECKING:  # a type checker knows what is declared, and finds misspelt names

        def __getattr__(self, name: str) -> Any:
            """Read an attribute for the first time; it is kept."""
            fields = self.__dict__.get("_fields", {})
            readings = _readings(type(self))
            key = name if name in fields else name.replace("_", "-")
            if key not in fields and name not in readings:
                raise AttributeError(f"{type(self).__name__} has no {name!r}: it has {[*fields]}")
            value = readings.get(name, _as_it_is)(fields.get(key))
            self.__dict__[name] = value
            return value

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: what the server said does not change."""
        raise AttributeError(f"{type(self).__name__}.{name} cannot be set: replies do not change")

    def __getitem__(self, key: str) -> Any:
        """Read `record["key"]`, as with the clients whose replies are dicts."""
        if key not in self:
            raise KeyError(key)
        return getattr(self, key)

    def __contains__(self, key: object) -> bool:
        """Whether the object has the key."""
        return key in self.__dict__["_fields"]

    def __eq__(self, other: object) -> bool:
        """Equal are records of one type with equal objects."""
        if type(other) is not type(self):
            return NotImplemented
        return bool(self.__dict__["_fields"] == other.__dict__["_fields"])

    __hash__ = None  # type: ignore[assignment]  # it holds lists and dicts

    def __reduce__(self) -> tuple[type[Self], tuple[Mapping[str, Any]]]:
        """Copy and pickle by what was given."""
        return type(self), (self.__dict__["_fields"],)

    def __repr__(self) -> str:
        """The type and every key that there is."""
        names = [key.replace("-", "_") for key in self.__dict__["_fields"]]
        return f"{type(self).__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in names)})"

    model_dump = to_dict
    model_dump_json = to_json


class Reply(Record):
    """A whole reply of the server, or a chunk of a stream.

    Attributes:
        headers: the headers that it came with, such as `fireworks-server-processing-time`.
    """

    headers: Mapping[str, str]

    def __init__(self, fields: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        """Take the object and the headers that it came with."""
        super().__init__(fields)
        self.__dict__["headers"] = headers or {}

    @property
    def request_id(self) -> str | None:
        """The server's name for the request, to be found in its log."""
        return self.headers.get("x-request-id")


@cache
def _readings(record: type[Record]) -> dict[str, Reading]:
    """How each declared attribute is made of what JSON has."""
    return {name: _reading(hint) for name, hint in get_type_hints(record).items()}


def _reading(hint: Any) -> Reading:
    """How a value of a type is made of what JSON has."""
    if get_origin(hint) is list:
        one = _reading(get_args(hint)[0])
        if one is _as_it_is:
            return _as_it_is
        return lambda values: [one(v) for v in values] if isinstance(values, list) else values
    alternatives = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    forms = [a for a in alternatives if isinstance(a, type) and issubclass(a, Record)]
    lists = [a for a in alternatives if get_origin(a) is list]
    if lists and isinstance(hint, UnionType):
        return _reading(lists[0])
    if not forms:
        return _as_it_is

    def as_record(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return next((form(value) for form in forms if form.fits(value)), value)

    return as_record


def _as_it_is(value: Any) -> Any:
    return value
