"""The model list on the wire: four fields a model, since old clients refuse any other.

The others come with `?details=true` (api.md, section 2.6).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

ModelKind = Literal["HF_BASE_MODEL"]
MODEL_KIND: ModelKind = "HF_BASE_MODEL"
"""Fireworks' word for a model with weights of its own, which every model here is."""


class ModelEntry(Struct, frozen=True, kw_only=True):
    """One model.

    Attributes:
        id: its full name, `accounts/<account>/models/<model>`.
        object: always "model".
        created: when it was made, in seconds since 1970.
        owned_by: its account.
        kind: with details: the one kind of model there is here.
        supports_chat: with details: whether it has a conversation config.
        context_length: with details: tokens that the weights were trained for, where they say.
        size: with details, as `bytes`: of all of its files.
        loaded: with details: whether its weights are in memory, so that it answers at once.
        style: with details: its conversation style, where it has one.
        system: with details: the system prompt of a conversation that brings none, where there is
            one.
        defaults: with details: what it takes for fields that a request leaves out.
        manifest: with details: its fireworks.json.
        engine: with details, while it is loaded: how it is computed and what it takes.
    """

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    kind: ModelKind | UnsetType = UNSET
    supports_chat: bool | UnsetType = UNSET
    context_length: int | UnsetType = UNSET
    size: int | UnsetType = field(default=UNSET, name="bytes")
    loaded: bool | UnsetType = UNSET
    style: str | UnsetType = UNSET
    system: str | UnsetType = UNSET
    defaults: Mapping[str, Any] | UnsetType = UNSET
    manifest: Mapping[str, Any] | UnsetType = UNSET
    engine: Mapping[str, Any] | UnsetType = UNSET


class ModelList(Struct, frozen=True, kw_only=True):
    """The models that a key may use."""

    object: Literal["list"] = "list"
    data: list[ModelEntry]


class ModelsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much to tell of each model."""

    details: Annotated[
        bool, Meta(description="Tell all of each model: what it is, and how it is spoken to.")
    ] = False
