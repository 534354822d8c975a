import pytest

from hanabi.errors import (
    ConflictError,
    EngineCrashedError,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    UnavailableError,
)


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (
            InvalidRequestError("n must be less", param="n"),
            400,
            {
                "object": "error",
                "type": "invalid_request_error",
                "code": "invalid_request_error",
                "message": "n must be less",
                "param": "n",
            },
        ),
        (
            ModelNotFoundError(),
            404,
            {
                "message": "Model not found, inaccessible, and/or not deployed",
                "param": "model",
                "code": "NOT_FOUND",
                "type": "error",
            },
        ),
        (
            PermissionDeniedError("no"),
            403,
            {"message": "no", "param": None, "code": "FORBIDDEN", "type": "error"},
        ),
        (
            ConflictError("taken"),
            409,
            {"message": "taken", "param": None, "code": "ALREADY_EXISTS", "type": "error"},
        ),
        (
            EngineCrashedError("crash"),
            503,
            {
                "object": "error",
                "type": "server_error",
                "code": "ENGINE_CRASHED",
                "message": "crash",
            },
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_of_the_service(api, error, status, body, stream):
    api.service.steps = error
    reply = api.completion(stream=stream)
    assert (reply.status, reply.json) == (status, {"error": body})
    assert reply.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("error", "retry_after"),
    [
        (OverloadedError("full", retry_after=2), "2"),
        (UnavailableError("loading", retry_after=7), "7"),
        (UnavailableError("broken"), None),
    ],
)
def test_retry_after(api, error, retry_after):
    api.service.steps = error
    assert api.chat().headers.get("retry-after") == retry_after


def test_an_unexpected_error_tells_nothing_of_the_inside(api, caplog):
    api.service.steps = RuntimeError("secret at 0x7f00 in /secret/path")
    reply = api.completion()
    assert reply.status == 500
    assert reply.error["type"] == "server_error"
    assert reply.headers["x-request-id"] in reply.error["message"]
    assert b"secret" not in reply.body
    assert "secret at 0x7f00" in caplog.text


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/completions/", "/v2/completions", "/favicon.ico"]
)
def test_an_unknown_path(api, path):
    reply = api.call("GET", path)
    assert (reply.status, reply.json) == (404, {"detail": "Not Found"})


def test_a_wrong_method(api):
    reply = api.call("GET", "/v1/completions")
    assert (reply.status, reply.json) == (405, {"detail": "Method Not Allowed"})
    assert reply.headers["allow"] == "POST"


def test_every_reply_has_a_request_id(api):
    for reply in (api.completion(), api.call("GET", "/nowhere"), api.call("GET", "/health")):
        assert reply.headers["x-request-id"] == "5b6d0f0e-3c1a-4c58-9a63-0f6f2b7c9d11"
