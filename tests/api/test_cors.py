import pytest

from hanabi.api.cors import with_cors

ORIGIN = "https://example.com"


@pytest.fixture
def ask(api):
    def ask(method, path, origin=ORIGIN, *, allowed=(ORIGIN,), key=None, **headers):
        api.app = with_cors(api.app, allowed)
        fields = [(b"origin", origin.encode())]
        fields += [(name.replace("_", "-").encode(), v.encode()) for name, v in headers.items()]
        return api.call(method, path, key=key, headers=fields)

    return ask


PREFLIGHT = {
    "access_control_request_method": "POST",
    "access_control_request_headers": "authorization,content-type",
}


def test_a_browser_asks_without_a_key(ask):
    reply = ask("OPTIONS", "/inference/v1/completions", **PREFLIGHT)
    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert "authorization" in reply.headers["access-control-allow-headers"]


def test_another_origin_gets_no_leave(ask):
    reply = ask("OPTIONS", "/inference/v1/completions", "https://evil.example", **PREFLIGHT)
    assert reply.status == 400
    assert "access-control-allow-origin" not in reply.headers


def test_errors_can_be_read_too(ask):
    reply = ask("GET", "/v1/models")
    assert reply.status == 401
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert "x-request-id" in reply.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in reply.headers


def test_every_origin(ask):
    reply = ask("GET", "/health", "https://any.example", allowed=("*",))
    assert reply.headers["access-control-allow-origin"] == "*"


def test_it_is_off_by_default(api):
    headers = [(b"origin", ORIGIN.encode()), (b"access-control-request-method", b"POST")]
    reply = api.call("OPTIONS", "/inference/v1/completions", key=None, headers=headers)
    assert reply.status == 405
    assert not [name for name in reply.headers if name.startswith("access-control")]
