"""The routes by which admins make, show and revoke API keys, and others look at their own."""

import asyncio
from typing import Any

import msgspec
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from hanabi.accounts.account import Limits
from hanabi.accounts.key_record import KeyRecord
from hanabi.accounts.keys import CreatedKey, Keys
from hanabi.api.auth import account_of
from hanabi.api.body import Body
from hanabi.api.gateway.permission import check_admin
from hanabi.api.json_response import json_response
from hanabi.api.rfc3339 import read_time, shown_time
from hanabi.errors import InvalidRequestError, NotFoundError
from hanabi.protocol.api_keys import (
    ApiKey,
    ApiKeyLimits,
    ApiKeyList,
    CreateApiKeyRequest,
    CreatedApiKey,
    NewApiKey,
    OwnApiKey,
)
from hanabi.protocol.gateway import Empty
from hanabi.registry.names import check_id, parse_name

_SENT = {"name": "displayName", "expires": "expireTime", "models": "models"}
"""What the wire calls the fields of a key whose rules its type does not tell."""


class ApiKeys:
    """The routes of API keys; the database is asked off the event loop."""

    def __init__(self, keys: Keys, max_body_bytes: int) -> None:
        """Take the keys, and the most bytes of a body."""
        self._keys = keys
        self._body = Body(CreateApiKeyRequest, max_body_bytes)

    async def create(self, request: Request) -> Response:
        """POST apiKeys: the one reply with the text of a key."""
        account = _account(request)
        wire = (await self._body.read(request.scope, request.receive)).api_key
        key = await asyncio.to_thread(self._create, account, wire)
        return json_response(CreatedApiKey(**_fields(key), key=key.text))

    async def list(self, request: Request) -> Response:
        """GET apiKeys: all of the account."""
        found = await asyncio.to_thread(self._keys.list, _account(request))
        shown = [ApiKey(**_fields(key)) for key in found]
        return json_response(ApiKeyList(api_keys=shown, total_size=len(shown)))

    async def get(self, request: Request) -> Response:
        """GET apiKeys/{key}."""
        key = await asyncio.to_thread(self._find, _account(request), request.path_params["key"])
        return json_response(ApiKey(**_fields(key)))

    async def revoke(self, request: Request) -> Response:
        """DELETE apiKeys/{key}: it is useless from now on, and stays in the list."""
        key = await asyncio.to_thread(self._find, _account(request), request.path_params["key"])
        await asyncio.to_thread(self._keys.revoke, key.id)
        return json_response(Empty())

    async def own(self, request: Request) -> Response:
        """GET apiKey: the one that the request carries."""
        key = await asyncio.to_thread(self._keys.get, account_of(request.scope).key_id)
        return json_response(OwnApiKey(**_fields(key), account=key.account))

    def _create(self, account: str, wire: NewApiKey) -> CreatedKey:
        expires = None
        if wire.expire_time is not None:
            expires = read_time("apiKey.expireTime", wire.expire_time)
        try:
            return self._keys.create(
                account,
                wire.display_name,
                admin=bool(wire.admin),
                expires=expires,
                models=None if wire.models is None else _full_names(wire.models),
                limits=Limits(**msgspec.structs.asdict(wire.limits)),
            )
        except InvalidRequestError as error:
            if error.param not in _SENT:
                raise
            sent = f"apiKey.{_SENT[error.param]}"
            message = error.message.replace(error.param, sent, 1)
            raise InvalidRequestError(message, param=sent) from error

    def _find(self, account: str, key_id: str) -> KeyRecord:
        """The key with an id. Raises NotFoundError, also for one of another account."""
        key = self._keys.get(key_id)
        if (key.account, key.id) != (account, key_id):
            raise NotFoundError("There is no such API key")
        return key


def _account(request: Request) -> str:
    """The account of the path; raises PermissionDeniedError unless an admin asks."""
    check_admin(account_of(request.scope))
    account: str = request.path_params["account"]
    check_id("account", account, param="account")
    return account


def _full_names(models: list[str]) -> frozenset[str]:
    """The names of a request, each a valid one. Raises InvalidRequestError."""
    for index, name in enumerate(models):
        try:
            parse_name(name)
        except InvalidRequestError as error:
            field = f"apiKey.models[{index}]"
            raise InvalidRequestError(f"{field}: {error.message}", param=field) from error
    return frozenset(models)


def _fields(key: KeyRecord) -> dict[str, Any]:
    """The fields of the key on the wire."""
    return {
        "key_id": key.id,
        "display_name": key.name,
        "prefix": key.prefix,
        "admin": key.admin,
        "create_time": shown_time(key.created),
        "expire_time": UNSET if key.expires is None else shown_time(key.expires),
        "revoke_time": UNSET if key.revoked is None else shown_time(key.revoked),
        "models": UNSET if key.models is None else sorted(key.models),
        "limits": ApiKeyLimits(**msgspec.structs.asdict(key.limits)),
    }
