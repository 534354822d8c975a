import re
import socket

import pytest

from hanabi.api.routes import routes


def status_of(port, request):
    """The status of the reply to raw bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request)
        return int(client.recv(65536).split(b" ", 2)[1])


@pytest.fixture
def port(api, serve):
    return serve(api.app)


@pytest.mark.parametrize(
    ("line", "host"),
    [
        (b"GET /v1/models", b"x"),
        (b"GET /v1/models", b"x/health?"),
        (b"GET /v1/models", b"/health"),
        (b"GET /v1/models", b"x/health#"),
        (b"GET /v1/models", b""),
        (b"GET //v1/models", b"x"),
        (b"GET //health", b"x"),
        (b"GET /health/", b"x"),
        (b"GET /health/../v1/models", b"x"),
        (b"GET /health/%2e%2e/v1/models", b"x"),
        (b"GET /%2e/v1/models", b"x"),
        (b"GET /v1/models/../../health", b"x"),
        (b"GET /v1/models/%2e%2e/%2e%2e/health", b"x"),
        (b"GET /v1/models?/health", b"x"),
        (b"GET /v1/models;/health", b"x"),
        (b"GET /v1%2fmodels", b"x"),
        (b"GET http://x/v1/models", b"x"),
        (b"GET http://x/health/../v1/models", b"x"),
        (b"GET http://health/v1/models", b"health"),
        (b"GET /V1/models", b"x"),
        (b"GET /HEALTH", b"x"),
        (b"GET /health%00", b"x"),
        (b"GET /health\\..\\v1\\models", b"x"),
        (b"GET /metrics", b"x"),
        (b"HEAD /metrics", b"x"),
        (b"POST /v1/completions", b"x"),
        (b"POST /inference/v1/v1/chat/completions", b"x"),
        (b"GET /docs/../v1/models", b"x"),
        (b"GET /docs/%2e%2e/%2e%2e/secrets", b"x"),
        (b"GET /docs/docs.html", b"x"),
        (b"GET /console/../v1/models", b"x"),
        (b"GET /console/%2e%2e/v1/models", b"x"),
        (b"GET /console//v1/models", b"x"),
        (b"GET /console/sign-in/../../metrics", b"x"),
        (b"GET //", b"x"),
    ],
)
def test_no_way_around(port, line, host):
    request = b"%b HTTP/1.1\r\nHost: %b\r\nX-Forwarded-Prefix: /health\r\n\r\n" % (line, host)
    assert status_of(port, request) in (401, 404)


def test_only_these_routes_are_open(api):
    table = routes(api.dependencies)
    assert {path for route in table if route.open for path in route.paths} == {
        "/health",
        "/openapi.json",
        "/docs",
        "/docs/docs.js",
        "/docs/docs.css",
        "/uploads/{token}",  # the token is the key
        "/",
        "/console/{path:path}",
        "/console/sign-in",  # likewise
    }


def test_every_other_route_wants_a_key(api):
    for route in routes(api.dependencies):
        for path in route.paths:
            reply = api.call(route.method, re.sub(r"\{.*?\}", "m", path), {}, key=None)
            assert (reply.status == 401) is not route.open, path


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ([], "No API key was provided"),
        ([b""], "No API key was provided"),
        ([b"Bearer"], "No API key was provided"),
        ([b"Bearer "], "No API key was provided"),
        ([b"Bearer   "], "No API key was provided"),
        ([b"Basic hanabi-test-key"], "No API key was provided"),
        ([b"hanabi-test-key"], "No API key was provided"),
        ([b"Bearer hanabi-test-key", b"Bearer x"], "No API key was provided"),
        ([b"Bearer x"], "The API key you provided is invalid."),
        ([b"Bearer hanabi-test-key x"], "The API key you provided is invalid."),
        ([b"Bearer \xff\xfe"], "The API key you provided is invalid."),
    ],
)
def test_a_bad_key(api, headers, message):
    fields = [(b"authorization", value) for value in headers]
    reply = api.call("GET", "/v1/models", key=None, headers=fields)
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == "Bearer"
    assert reply.error["message"].startswith(message)
    assert set(reply.error) == {"message", "param", "code", "type"}
    assert reply.error["param"] is None
    assert (reply.error["code"], reply.error["type"]) == ("UNAUTHORIZED", "error")
    assert reply.json["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize("value", [b"Bearer hanabi-test-key", b"bearer  hanabi-test-key "])
def test_a_good_key(api, value):
    reply = api.call("GET", "/v1/models", key=None, headers=[(b"authorization", value)])
    assert reply.status == 200


def test_the_account_reaches_the_service(api):
    api.completion()
    assert api.service.requests[0].account == "tester"
