"""The models that a key may use."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from starlette.requests import Request
from starlette.responses import Response

from hanabi.api.auth import account_of
from hanabi.api.json_response import json_response
from hanabi.errors import ModelNotFoundError
from hanabi.generation.served_model import Catalog
from hanabi.protocol.models import ModelEntry, ModelList


class ListedModel(NamedTuple):
    """A model in a list.

    Attributes:
        name: its full name.
        created: when it was made, in seconds since 1970.
        owned_by: its account.
    """

    name: str
    created: int
    owned_by: str


class Listing(Protocol):
    """Lists models."""

    def list_models(self, account: str) -> Sequence[ListedModel]:
        """The models that `account` may use, in a lasting order."""
        ...


class Models:
    """The routes that tell of models."""

    def __init__(self, listing: Listing, catalog: Catalog) -> None:
        """Take what lists models, and what finds one by any of its names."""
        self._listing = listing
        self._catalog = catalog

    async def list(self, request: Request) -> Response:
        """GET models."""
        models = self._listing.list_models(account_of(request.scope).account)
        return json_response(ModelList(data=[_entry(model) for model in models]))

    async def get(self, request: Request) -> Response:
        """GET models/{id}, where the id's `/` are plain or %2F."""
        account = account_of(request.scope).account
        name = self._catalog.find(request.path_params["model_id"], account).name
        for model in self._listing.list_models(account):
            if model.name == name:
                return json_response(_entry(model))
        raise ModelNotFoundError


def _entry(model: ListedModel) -> ModelEntry:
    return ModelEntry(id=model.name, created=model.created, owned_by=model.owned_by)
