import json

import pytest

from hanabi.api.gateway.errors import gateway_error_response
from hanabi.errors import (
    ConflictError,
    FailedPreconditionError,
    InvalidRequestError,
    ModelNotFoundError,
    PermissionDeniedError,
    UnavailableError,
)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidRequestError("x"), 400, 3),
        (FailedPreconditionError("x"), 400, 9),
        (PermissionDeniedError("x"), 403, 7),
        (ModelNotFoundError("x"), 404, 5),
        (ConflictError("x"), 409, 6),
        (UnavailableError("x", retry_after=7), 503, 14),
    ],
)
def test_the_shape_of_grpcs_gateway(error, status, code):
    response = gateway_error_response(error, "id")
    assert response.status_code == status
    assert json.loads(response.body) == {"code": code, "message": "x", "details": []}
    assert response.headers.get("retry-after") == ("7" if status == 503 else None)


def test_what_is_not_foreseen_tells_no_more_than_its_request():
    response = gateway_error_response(KeyError("/secret/path"), "the-id")
    assert response.status_code == 500
    body = json.loads(response.body)
    assert body["code"] == 13
    assert body["message"].endswith("the-id")
    assert "secret" not in body["message"]


def test_without_a_key(ask):
    for who in (None, "nobody"):
        reply = ask("GET", "/v1/accounts/alice/models", who=who)
        assert (reply.status, reply.json["code"]) == (401, 16)
        assert reply.headers["www-authenticate"] == "Bearer"


def test_a_large_body(make_api, registry, gateway):
    body = b'{"modelId": "' + b"x" * 100_000 + b'"}'
    reply = gateway.call("POST", "/v1/accounts/alice/models", body, key="alice")
    assert (reply.status, reply.json["code"]) == (413, 3)


def test_a_failure_is_logged_and_told_in_the_gateways_shape(make_api, gateway, caplog):
    broken = make_api(registry=None, keys=gateway.dependencies.keys)
    reply = broken.call("GET", "/v1/accounts/alice/models", key="alice")
    assert (reply.status, reply.json["code"]) == (500, 13)
    assert "AttributeError" in caplog.text
