"""The route table, and the ASGI app that serves it.

Whether a route needs a key is decided by the route that serves the request, never by its raw path
or its Host header; a route is closed unless the table says that it is open.
"""

from importlib.metadata import PackageNotFoundError, version

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from hanabi.api.api_key_routes import api_key_routes
from hanabi.api.auth import Authenticated
from hanabi.api.chat import CHAT
from hanabi.api.completions import COMPLETIONS
from hanabi.api.console_routes import console_routes
from hanabi.api.dependencies import Dependencies
from hanabi.api.docs_page import StaticFile
from hanabi.api.errors import ErrorReplies
from hanabi.api.gateway.errors import gateway_error_response
from hanabi.api.gateway.routes import gateway_routes
from hanabi.api.generating import GeneratingRoute
from hanabi.api.health import Health
from hanabi.api.host import AllowedHosts
from hanabi.api.json_response import json_response
from hanabi.api.models import Models
from hanabi.api.openapi import openapi_document
from hanabi.api.prefixes import under_prefixes
from hanabi.api.reply_headers import ReplyHeaders
from hanabi.api.request_id import RequestIds
from hanabi.api.request_log import OnRoute, RequestLog
from hanabi.api.route import ApiRoute
from hanabi.api.tokenizer import Tokenizer
from hanabi.protocol.chat import ChatRequest
from hanabi.protocol.completions import CompletionRequest
from hanabi.protocol.models import ModelEntry, ModelList, ModelsQuery
from hanabi.protocol.replies import ChatChunk, ChatCompletion, Completion
from hanabi.protocol.tokenizer import (
    DetokenizeReply,
    DetokenizeRequest,
    TokenizeReply,
    TokenizeRequest,
)

_GATEWAY_ERRORS = Middleware(ErrorReplies, answer=gateway_error_response)


def build_app(dependencies: Dependencies) -> ASGIApp:
    """The whole API as one ASGI app."""
    table = routes(dependencies)
    guard = Middleware(Authenticated, keys=dependencies.keys)
    router = Router(
        [
            Route(
                path,
                route.endpoint,
                methods=[route.method],
                middleware=[
                    Middleware(OnRoute, path=path),
                    *([_GATEWAY_ERRORS] if route.gateway else []),
                    *([] if route.open else [guard]),
                ],
            )
            for route in table
            for path in route.paths
        ],
        redirect_slashes=False,
        default=_not_found,
    )
    app: ASGIApp = _App(router)
    if dependencies.allowed_hosts is not None:
        app = AllowedHosts(app, dependencies.allowed_hosts)
    replies = ReplyHeaders(ErrorReplies(app))
    return RequestIds(RequestLog(replies, prompts=dependencies.log_prompts), dependencies.new_id)


def routes(dependencies: Dependencies) -> tuple[ApiRoute, ...]:
    """Every route of the API."""
    models = Models(dependencies.listing)
    health = Health(dependencies.drain)
    tokenizer = Tokenizer(dependencies.catalog, dependencies.max_body_bytes)
    table = (
        ApiRoute(
            method="POST",
            paths=under_prefixes("/completions"),
            endpoint=GeneratingRoute(COMPLETIONS, dependencies),
            summary="Generate text after a prompt.",
            body=CompletionRequest,
            reply=Completion,
            chunk=Completion,
        ),
        ApiRoute(
            method="POST",
            paths=under_prefixes("/chat/completions"),
            endpoint=GeneratingRoute(CHAT, dependencies),
            summary="Generate the next message of a conversation.",
            body=ChatRequest,
            reply=ChatCompletion,
            chunk=ChatChunk,
        ),
        ApiRoute(
            method="GET",
            paths=under_prefixes("/models"),
            endpoint=models.list,
            summary="List the models that the key may use.",
            query=ModelsQuery,
            reply=ModelList,
        ),
        ApiRoute(
            method="GET",
            paths=under_prefixes("/models/{model_id:path}"),
            endpoint=models.get,
            summary="Show one model.",
            query=ModelsQuery,
            reply=ModelEntry,
        ),
        ApiRoute(
            method="POST",
            paths=under_prefixes("/tokenize"),
            endpoint=tokenizer.tokenize,
            summary="Turn a text into token ids.",
            body=TokenizeRequest,
            reply=TokenizeReply,
        ),
        ApiRoute(
            method="POST",
            paths=under_prefixes("/detokenize"),
            endpoint=tokenizer.detokenize,
            summary="Turn token ids into a text.",
            body=DetokenizeRequest,
            reply=DetokenizeReply,
        ),
        *gateway_routes(dependencies),
        *api_key_routes(dependencies),
        ApiRoute(
            method="GET",
            paths=("/health",),
            endpoint=health.get,
            summary="Tell that the server lives, and whether it is shutting down.",
            open=True,
        ),
        ApiRoute(
            method="GET",
            paths=("/ready",),
            endpoint=health.ready,
            summary="Tell whether the server takes generating requests: 200, or 503.",
        ),
        ApiRoute(
            method="GET",
            paths=("/metrics",),
            endpoint=dependencies.metrics.endpoint,
            summary="Requests, tokens and times in Prometheus' format.",
        ),
    )
    return (*table, *_documentation(table), *console_routes(dependencies))


def _documentation(table: tuple[ApiRoute, ...]) -> tuple[ApiRoute, ...]:
    """The OpenAPI document and its page. Open: they hold no secret, and a browser sends no key."""
    document = json_response(openapi_document(table, _version()))

    async def openapi(_request: Request) -> Response:
        return document

    static = {
        "/openapi.json": openapi,
        "/docs": StaticFile("docs.html", "text/html").get,
        "/docs/docs.js": StaticFile("docs.js", "text/javascript").get,
        "/docs/docs.css": StaticFile("docs.css", "text/css").get,
    }
    return tuple(
        ApiRoute(
            method="GET",
            paths=(path,),
            endpoint=endpoint,
            summary="The documentation of this API.",
            open=True,
            documented=False,
        )
        for path, endpoint in static.items()
    )


class _App:
    """Puts itself into the scope, which makes the router raise its 405 instead of sending it."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        await self._router(scope, receive, send)


async def _not_found(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise HTTPException(404)


def _version() -> str:
    try:
        return version("hanabi")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"
