import re

import pytest

from hanabi.api.openapi import openapi_document
from hanabi.api.routes import routes


@pytest.fixture
def document(api):
    reply = api.call("GET", "/openapi.json", key=None)
    assert reply.status == 200
    return reply.json


def operations(document):
    return [
        (path, m, op) for path, methods in document["paths"].items() for m, op in methods.items()
    ]


def test_every_documented_route_is_listed(api, document):
    listed = {(path, method.upper()) for path, method, _ in operations(document)}
    table = routes(api.dependencies)
    assert listed == {
        (path.replace(":path", ""), route.method)
        for route in table
        if route.documented
        for path in route.paths
    }
    hidden = {path for route in table if not route.documented for path in route.paths}
    docs = {"/openapi.json", "/docs", "/docs/docs.js", "/docs/docs.css"}
    assert hidden == docs | {"/", "/console/sign-in", "/console/{path:path}"}


def test_the_document_has_the_shape_of_openapi_3_2(document):
    assert document["openapi"] == "3.2.0"
    assert {"title", "version"} <= set(document["info"])
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for path, method, operation in operations(document):
        assert method in ("get", "post", "put", "delete")
        assert path.startswith("/")
        assert all(reply["description"] for reply in operation["responses"].values())
        parameters = operation.get("parameters", [])
        in_path = {p["name"] for p in parameters if p["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", path))
        assert ("requestBody" in operation) is (method in ("post", "put"))


def test_every_reference_leads_somewhere(document):
    def references(value):
        if isinstance(value, dict):
            yield from [value["$ref"]] if "$ref" in value else []
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    found = set(references(document))
    assert found
    schemas = document["components"]["schemas"]
    assert {ref.removeprefix("#/components/schemas/") for ref in found} <= set(schemas)


def test_limits_and_closedness_come_from_the_wire_types(document):
    schema = document["components"]["schemas"]["CompletionRequest"]
    assert schema["additionalProperties"] is False
    limits = schema["properties"]["n"]["anyOf"][0]
    assert (limits["minimum"], limits["maximum"]) == (1, 128)
    assert all("description" in schema["properties"][name] for name in ("n", "stop", "logprobs"))


def test_open_routes_are_marked(document):
    assert document["security"] == [{"key": []}]
    marked = {
        path for path, _, operation in operations(document) if operation.get("security") == []
    }
    assert marked == {"/health", "/uploads/{token}"}


def test_queries_are_told(document):
    operation = document["paths"]["/inference/v1/accounts/{account}/models"]["get"]
    told = {p["name"]: p for p in operation["parameters"] if p["in"] == "query"}
    assert set(told) == {"pageSize", "pageToken", "filter", "orderBy"}
    assert told["pageSize"]["schema"]["maximum"] == 200
    assert all(parameter["description"] for parameter in told.values())


def test_errors_of_the_gateway_have_their_own_shape(document):
    for path, _, operation in operations(document):
        content = operation["responses"]["default"]["content"]["application/json"]
        gateway = "/accounts/" in path or path.endswith("/apiKey") or path.startswith("/uploads")
        assert content["schema"]["$ref"].endswith("/GatewayError") is gateway, path


def test_the_version_is_the_servers(api):
    assert openapi_document(routes(api.dependencies), "1.2.3")["info"]["version"] == "1.2.3"
