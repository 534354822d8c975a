"""The `orderBy` of a list: by one field; models that are equal in it follow by name."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from hanabi.errors import InvalidRequestError
from hanabi.registry.model import StoredModel

Key = str | int
"""What a model is ordered by; of one kind for each field."""

_KEYS: dict[str, Callable[[StoredModel], Key]] = {
    "name": lambda model: str(model.name),
    "displayName": lambda model: model.details.display_name,
    "createTime": lambda model: model.created,
}


class Place(Struct, frozen=True, array_like=True):
    """A model's place in an order; it stays one when the model is gone."""

    key: Key
    name: str


class Order(Struct, frozen=True):
    """An order of models."""

    field: str
    descending: bool

    def place(self, model: StoredModel) -> Place:
        """Where a model stands."""
        return Place(_KEYS[self.field](model), str(model.name))

    def sort(self, models: Sequence[StoredModel]) -> list[StoredModel]:
        """The models in this order."""
        by_name = sorted(models, key=lambda model: str(model.name))
        return sorted(by_name, key=_KEYS[self.field], reverse=self.descending)

    def is_after(self, model: StoredModel, place: Place) -> bool:
        """Whether a model comes after a place of this order."""
        own = self.place(model)
        if own.key == place.key:
            return own.name > place.name
        # Keys of one field are of one kind.
        return (own.key > place.key) is not self.descending  # type: ignore[operator]


def parse_order(text: str) -> Order:
    """The order that `name`, `createTime desc` and the like mean; "" means by name.

    Raises InvalidRequestError that states the rule and the value.
    """
    match text.split():
        case []:
            return Order("name", descending=False)
        case [field] | [field, "asc"] if field in _KEYS:
            return Order(field, descending=False)
        case [field, "desc"] if field in _KEYS:
            return Order(field, descending=True)
    raise InvalidRequestError(
        f"orderBy must be one of {', '.join(_KEYS)}, perhaps followed by asc or desc: {text!r}",
        param="orderBy",
    )
