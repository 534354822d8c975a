"""The models that a key may use."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from hanabi.api.auth import account_of
from hanabi.api.json_response import json_response
from hanabi.api.query import read_query
from hanabi.generation.served_model import Asker
from hanabi.protocol.models import MODEL_KIND, ModelEntry, ModelList, ModelsQuery


class ListedModel(NamedTuple):
    """A model in a list.

    Attributes:
        name: its full name, or an alias.
        created: when it was made, in seconds since 1970.
        owned_by: the account of that name.
        supports_chat: whether it has a conversation config.
        context_length: tokens that its weights were trained for; None where nobody said.
        size: bytes of its files.
        loaded: whether its weights are in memory.
        style: its conversation style's name, or None.
        system: the system prompt of a conversation that brings none, or None.
        defaults: what its fireworks.json fills in, by the fields of a request.
        manifest: its fireworks.json.
        engine: how it is computed and what it takes; None while it is not loaded.
    """

    name: str
    created: int
    owned_by: str
    supports_chat: bool
    context_length: int | None
    size: int
    loaded: bool
    style: str | None
    system: str | None
    defaults: Mapping[str, Any]
    manifest: Mapping[str, Any]
    engine: Mapping[str, Any] | None = None


class Listing(Protocol):
    """Tells of models. It may have to ask a database: call it in a thread."""

    def list_models(self, asker: Asker) -> Sequence[ListedModel]:
        """The models that there are for the asker, in a lasting order."""
        ...

    def describe(self, name: str, asker: Asker) -> ListedModel:
        """The model that `name` means for the asker, under that name.

        Raises ModelNotFoundError.
        """
        ...


class Models:
    """The routes that tell of models."""

    def __init__(self, listing: Listing) -> None:
        """Take what tells of models."""
        self._listing = listing

    async def list(self, request: Request) -> Response:
        """GET models."""
        query = read_query(request.scope, ModelsQuery)
        asker = account_of(request.scope)
        models = await asyncio.to_thread(self._listing.list_models, asker)
        return json_response(ModelList(data=[_entry(model, query) for model in models]))

    async def get(self, request: Request) -> Response:
        """GET models/{id}, where the id's `/` are plain or %2F."""
        query = read_query(request.scope, ModelsQuery)
        asker, name = account_of(request.scope), request.path_params["model_id"]
        model = await asyncio.to_thread(self._listing.describe, name, asker)
        return json_response(_entry(model, query))


def _entry(model: ListedModel, query: ModelsQuery) -> ModelEntry:
    """The model on the wire; old clients refuse what they did not ask for."""
    entry = ModelEntry(id=model.name, created=model.created, owned_by=model.owned_by)
    if not query.details:
        return entry
    return ModelEntry(
        id=model.name,
        created=model.created,
        owned_by=model.owned_by,
        kind=MODEL_KIND,
        supports_chat=model.supports_chat,
        context_length=UNSET if model.context_length is None else model.context_length,
        size=model.size,
        loaded=model.loaded,
        style=model.style or UNSET,
        system=model.system or UNSET,
        defaults=model.defaults,
        manifest=model.manifest,
        engine=UNSET if model.engine is None else model.engine,
    )
