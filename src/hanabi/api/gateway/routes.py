"""The routes of the gateway."""

from hanabi.api.dependencies import Dependencies
from hanabi.api.gateway.models import AccountModels
from hanabi.api.gateway.uploads import UPLOAD_PATH, ModelUploads
from hanabi.api.prefixes import under_prefixes
from hanabi.api.route import ApiRoute
from hanabi.api.usage import AccountUsage
from hanabi.protocol.gateway import (
    CreateModelRequest,
    Empty,
    GatewayModel,
    GatewayModelPage,
    ModelPageQuery,
    UploadEndpointRequest,
    UploadEndpoints,
)
from hanabi.protocol.usage import UsageQuery, UsageReply

_MODELS = "/accounts/{account}/models"
_MODEL = f"{_MODELS}/{{model}}"


def gateway_routes(dependencies: Dependencies) -> tuple[ApiRoute, ...]:
    """Every route of the gateway. Those with a verb go before the one that would take it in."""
    limit = dependencies.max_body_bytes
    models = AccountModels(
        dependencies.registry, dependencies.uploads, dependencies.delete_model, limit
    )
    uploads = ModelUploads(dependencies.uploads, limit)
    return (
        ApiRoute(
            method="POST",
            paths=under_prefixes(_MODELS),
            endpoint=models.create,
            summary="Create a model, whose files are uploaded next.",
            body=CreateModelRequest,
            reply=GatewayModel,
            gateway=True,
        ),
        ApiRoute(
            method="GET",
            paths=under_prefixes(_MODELS),
            endpoint=models.list,
            summary="List the models of an account, page by page.",
            query=ModelPageQuery,
            reply=GatewayModelPage,
            gateway=True,
        ),
        ApiRoute(
            method="POST",
            paths=under_prefixes(f"{_MODEL}:getUploadEndpoint"),
            endpoint=uploads.endpoints,
            summary="Announce the files of a model; get a URL to PUT each of them to.",
            body=UploadEndpointRequest,
            reply=UploadEndpoints,
            gateway=True,
        ),
        ApiRoute(
            method="GET",
            paths=under_prefixes(f"{_MODEL}:validateUpload"),
            endpoint=uploads.validate,
            summary="Check the files of a model; it is READY when they are whole.",
            reply=Empty,
            gateway=True,
        ),
        ApiRoute(
            method="GET",
            paths=under_prefixes(_MODEL),
            endpoint=models.get,
            summary="Show one model of an account.",
            reply=GatewayModel,
            gateway=True,
        ),
        ApiRoute(
            method="DELETE",
            paths=under_prefixes(_MODEL),
            endpoint=models.delete,
            summary="Delete a model once its running requests have ended.",
            reply=Empty,
            gateway=True,
        ),
        ApiRoute(
            method="GET",
            paths=under_prefixes("/accounts/{account}/usage"),
            endpoint=AccountUsage(dependencies.database, dependencies.now).get,
            summary="Sum up what an account has used, by day, model or key.",
            query=UsageQuery,
            reply=UsageReply,
            gateway=True,
        ),
        # Open, and yet not: the token in the path is 256 random bits that only the model's account
        # was told, good for one file of one model that is UPLOADING. Clients of signed URLs send
        # no key.
        ApiRoute(
            method="PUT",
            paths=(f"{UPLOAD_PATH}/{{token}}",),
            endpoint=uploads.put,
            summary="Upload a file, or the rest of it, to a URL from getUploadEndpoint.",
            open=True,
            reply=Empty,
            gateway=True,
        ),
    )
