"""The OpenAPI document, made from the wire types and the route table."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from hanabi.api.route import ApiRoute
from hanabi.protocol.gateway import GatewayError
from hanabi.protocol.logprobs import LegacyLogprobs, NewLogprobs
from hanabi.protocol.replies import ErrorReply, NoRouteReply

Json = dict[str, Any]

VERSION = "3.2.0"
"""The first that can tell what the events of a stream hold."""

ALWAYS = (ErrorReply, GatewayError, LegacyLogprobs, NewLogprobs, NoRouteReply)
"""Types that no route names: errors are every route's, logprobs stand in choices."""

_FILE: Json = {"required": True, "content": {"application/octet-stream": {}}}

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


def openapi_document(routes: Sequence[ApiRoute], version: str) -> Json:
    """The document of `routes` for release `version` of the server."""
    documented = [route for route in routes if route.documented]
    types = {t for r in documented for t in (r.body, r.reply, r.chunk) if t} | set(ALWAYS)
    ordered = sorted(types, key=lambda wire_type: wire_type.__name__)
    _, schemas = msgspec.json.schema_components(ordered, ref_template=_REF)
    paths: dict[str, Json] = {}
    for route in documented:
        for path in route.paths:
            operations = paths.setdefault(_PARAMETER.sub(r"{\1}", path), {})
            operations[route.method.lower()] = _operation(route, path)
    return {
        "openapi": VERSION,
        "info": {
            "title": "Hanabi",
            "version": version,
            "description": "Text models behind the Fireworks and OpenAI REST API.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }


def _operation(route: ApiRoute, path: str) -> Json:
    operation: Json = {
        "summary": route.summary,
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{path}").strip("_"),
        "responses": {
            "200": _reply(route),
            "default": _json("An error", GatewayError if route.gateway else ErrorReply),
        },
    }
    if ":path}" in path:  # it spans everything but a line break
        operation["responses"]["404"] = _json("Not found", ErrorReply, NoRouteReply)
    if route.open:
        operation["security"] = []
    if route.body:
        operation["requestBody"] = {"required": True, **_json("", route.body)}
        del operation["requestBody"]["description"]
    elif route.method == "PUT":
        operation["requestBody"] = _FILE
    if parameters := [*_path_parameters(path), *_query_parameters(route)]:
        operation["parameters"] = parameters
    return operation


def _path_parameters(path: str) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(path)
    ]


def _query_parameters(route: ApiRoute) -> list[Json]:
    if route.query is None:
        return []
    schema = msgspec.json.schema_components([route.query])[1][route.query.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "description": field.pop("description", ""),
            "schema": field,
        }
        for name, field in schema["properties"].items()
    ]


def _reply(route: ApiRoute) -> Json:
    if route.reply is None:
        return {"description": "Success"}
    reply = _json("Success", route.reply)
    if route.chunk:
        reply["content"]["text/event-stream"] = {"itemSchema": _event(route.chunk)}
    return reply


def _event(chunk: type[msgspec.Struct]) -> Json:
    """An event of a stream: a chunk, the error that ended it, or its end."""
    payload = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": _any_of(chunk, ErrorReply),
    }
    return {
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"anyOf": [{"const": "[DONE]"}, payload]}},
    }


def _json(description: str, *wire_types: type[msgspec.Struct]) -> Json:
    return {
        "description": description,
        "content": {"application/json": {"schema": _any_of(*wire_types)}},
    }


def _any_of(*wire_types: type[msgspec.Struct]) -> Json:
    refs = [_ref(wire_type) for wire_type in wire_types]
    return refs[0] if len(refs) == 1 else {"anyOf": refs}


def _ref(wire_type: type[msgspec.Struct]) -> Json:
    return {"$ref": _REF.format(name=wire_type.__name__)}
