"""The routes of the API keys."""

from hanabi.api.api_keys import ApiKeys
from hanabi.api.dependencies import Dependencies
from hanabi.api.prefixes import under_prefixes
from hanabi.api.route import ApiRoute
from hanabi.protocol.api_keys import (
    ApiKey,
    ApiKeyList,
    CreateApiKeyRequest,
    CreatedApiKey,
    OwnApiKey,
)
from hanabi.protocol.gateway import Empty

_KEYS = "/accounts/{account}/apiKeys"
_KEY = f"{_KEYS}/{{key}}"


def api_key_routes(dependencies: Dependencies) -> tuple[ApiRoute, ...]:
    """Every route of the API keys; but for the last they are for admins alone."""
    keys = ApiKeys(dependencies.keys, dependencies.max_body_bytes)
    return (
        ApiRoute(
            method="POST",
            paths=under_prefixes(_KEYS),
            endpoint=keys.create,
            summary="Create an API key of an account; admins only. Its text is shown this once.",
            body=CreateApiKeyRequest,
            reply=CreatedApiKey,
            gateway=True,
        ),
        ApiRoute(
            method="GET",
            paths=under_prefixes(_KEYS),
            endpoint=keys.list,
            summary="List the API keys of an account; admins only.",
            reply=ApiKeyList,
            gateway=True,
        ),
        ApiRoute(
            method="GET",
            paths=under_prefixes(_KEY),
            endpoint=keys.get,
            summary="Show one API key of an account; admins only.",
            reply=ApiKey,
            gateway=True,
        ),
        ApiRoute(
            method="DELETE",
            paths=under_prefixes(_KEY),
            endpoint=keys.revoke,
            summary="Revoke an API key of an account; admins only.",
            reply=Empty,
            gateway=True,
        ),
        ApiRoute(
            method="GET",
            paths=under_prefixes("/apiKey"),
            endpoint=keys.own,
            summary="Show the API key that the request carries: its account, rights and limits.",
            reply=OwnApiKey,
            gateway=True,
        ),
    )
