"""The routes that make, show, list and delete the models of an account."""

import asyncio
import contextlib

from starlette.requests import Request
from starlette.responses import Response

from hanabi.api.auth import account_of
from hanabi.api.body import Body
from hanabi.api.dependencies import DeleteModel
from hanabi.api.gateway.new_model import new_details, new_manifest
from hanabi.api.gateway.page import make_page
from hanabi.api.gateway.permission import check_may_manage, may_read
from hanabi.api.gateway.shown import shown_model
from hanabi.api.json_response import json_response
from hanabi.api.query import read_query
from hanabi.errors import InvalidRequestError, ModelNotFoundError, UnavailableError
from hanabi.protocol.gateway import (
    CreateModelRequest,
    Empty,
    GatewayModelPage,
    ModelPageQuery,
    NewModel,
)
from hanabi.registry.model import StoredModel
from hanabi.registry.names import ModelName
from hanabi.registry.registry import Registry
from hanabi.registry.upload import Uploads


class AccountModels:
    """The routes below `accounts/{account}/models`; the registry is asked off the event loop."""

    def __init__(
        self, registry: Registry, uploads: Uploads, delete: DeleteModel, max_body_bytes: int
    ) -> None:
        """Take where models are, what begins and what deletes one, and the most bytes of a body."""
        self._registry = registry
        self._uploads = uploads
        self._delete = delete
        self._body = Body(CreateModelRequest, max_body_bytes)

    async def create(self, request: Request) -> Response:
        """POST models: a new one, UPLOADING."""
        account = request.path_params["account"]
        check_may_manage(account_of(request.scope), account)
        wire = await self._body.read(request.scope, request.receive)
        name = ModelName(account, wire.model_id)
        model = await asyncio.to_thread(self._begin, name, wire.model)
        return json_response(shown_model(model))

    async def list(self, request: Request) -> Response:
        """GET models: those of the account that the key may see, page by page."""
        caller, account = account_of(request.scope), request.path_params["account"]
        query = read_query(request.scope, ModelPageQuery)
        seen = await asyncio.to_thread(self._registry.list)
        models = [m for m in seen if m.name.account == account and may_read(caller, m)]
        page = make_page(models, query)
        return json_response(
            GatewayModelPage(
                models=[shown_model(model) for model in page.models],
                next_page_token=page.next_token,
                total_size=page.total,
            )
        )

    async def get(self, request: Request) -> Response:
        """GET models/{model}."""
        return json_response(shown_model(await self._visible(request)))

    async def delete(self, request: Request) -> Response:
        """DELETE models/{model}: replies when its last request has ended and it is gone."""
        name = path_name(request)
        with contextlib.suppress(UnavailableError):  # a damaged one can be deleted all the same
            await self._visible(request)
        check_may_manage(account_of(request.scope), name.account)
        await self._delete(name)
        return json_response(Empty())

    def _begin(self, name: ModelName, wire: NewModel) -> StoredModel:
        """Begin an upload. Not on the event loop: a template of the model's is compiled."""
        return self._uploads.begin(name, new_manifest(wire), new_details(wire))

    async def _visible(self, request: Request) -> StoredModel:
        """The model of the path; ModelNotFoundError also for one that the key may not see."""
        name = path_name(request)
        model = await asyncio.to_thread(self._registry.get, name)
        if not may_read(account_of(request.scope), model):
            raise ModelNotFoundError
        return model


def path_name(request: Request) -> ModelName:
    """The model that a path names. Raises ModelNotFoundError for what is no name."""
    try:
        return ModelName(request.path_params["account"], request.path_params["model"])
    except InvalidRequestError as error:
        raise ModelNotFoundError from error
