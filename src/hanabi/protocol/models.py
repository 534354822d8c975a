"""The model list on the wire: four fields a model, since old clients refuse any other."""

from typing import Literal

from msgspec import Struct


class ModelEntry(Struct, frozen=True, kw_only=True):
    """One model.

    Attributes:
        id: its full name, `accounts/<account>/models/<model>`.
        object: always "model".
        created: when it was made, in seconds since 1970.
        owned_by: its account.
    """

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class ModelList(Struct, frozen=True, kw_only=True):
    """The models that a key may use."""

    object: Literal["list"] = "list"
    data: list[ModelEntry]
