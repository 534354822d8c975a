"""Who has no key gets nothing, by whatever road."""

import socket

import httpx2
import pytest

from .api import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

ROUTES = [
    ("POST", "/inference/v1/completions"),
    ("POST", "/v1/chat/completions"),
    ("POST", "/inference/v1/v1/completions"),
    ("POST", "/inference/v1/tokenize"),
    ("POST", "/inference/v1/detokenize"),
    ("GET", "/inference/v1/models"),
    ("GET", "/v1/models/accounts/fireworks/models/smollm2-135m"),
    ("GET", "/metrics"),
]
HEADERS = {
    "none": {},
    "empty": {"authorization": ""},
    "no_key": {"authorization": "Bearer"},
    "wrong_key": {"authorization": "Bearer hk_wrong"},
    "injection": {"authorization": "Bearer ' OR 1=1 --"},
    "other_scheme": {"authorization": "Basic {key}"},
    "bare_key": {"authorization": "{key}"},
    "longer_key": {"authorization": "Bearer {key}x"},
    "elsewhere": {"x-api-key": "{key}"},
}
# A request line, and a Host: each would be the list of models to somebody. One that is no name of
# this machine is a 403, before anything else.
TRICKS = [
    ("/v1/models", "x/health?"),
    ("/v1/models", "x/health#"),
    ("/v1/models", "/health"),
    ("//v1/models", "localhost"),
    ("//health/v1/models", "localhost"),
    ("/health/../v1/models", "localhost"),
    ("/%2e/v1/models", "localhost"),
    ("/health%2f..%2fv1/models", "localhost"),
    ("/v1/%6dodels", "localhost"),
    ("/v1/models/", "localhost"),
    ("/v1/models?/health", "localhost"),
    ("/v1/models;/health", "localhost"),
    ("/v1/models#/health", "localhost"),
    ("http://x/v1/models", "localhost"),
    ("http://x/v1/models?/health", "x/health"),
]


@pytest.mark.parametrize("headers", HEADERS)
async def test_without_its_key_every_route_is_closed(server, headers):
    sent = {name: value.format(key=server.key) for name, value in HEADERS[headers].items()}
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False) as client:
        for method, path in ROUTES:
            response = await client.request(method, path, headers=sent, json={})
            assert response.status_code == 401, path
            error = response.json()["error"]
            assert (error["code"], error["type"]) == ("UNAUTHORIZED", "error")
            assert response.headers["www-authenticate"] == "Bearer"


async def test_two_keys_are_none(server):
    headers = [("authorization", f"Bearer {server.key}")] * 2
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False) as client:
        assert (await client.get("/v1/models", headers=headers)).status_code == 401


async def test_the_key_opens_and_nobody_else_can_read_it(server, api):
    response = await api.http.get("/inference/v1/models")
    assert [model["id"] for model in response.json()["data"]] == [
        "accounts/fireworks/models/smollm2-135m",
        "accounts/fireworks/models/smollm2-135m-instruct",
    ]
    assert (server.home / "api-key").stat().st_mode & 0o777 == 0o600
    for path in server.home.rglob("*"):
        if path.is_file() and path.name != "api-key" and "blobs" not in path.parts:
            assert server.key.encode() not in path.read_bytes(), path


def raw(server, target, *headers):
    """The reply to a GET that no proper client would send."""
    address = httpx2.URL(server.url)
    request = "\r\n".join([f"GET {target} HTTP/1.1", *headers, "Connection: close", "", ""])
    with socket.create_connection((address.host, address.port), timeout=PATIENCE) as connection:
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(("target", "host"), TRICKS)
async def test_no_spelling_goes_around_the_key(server, target, host):
    reply = raw(server, target, f"Host: {host}")
    assert reply.split()[1] in {b"400", b"401", b"403", b"404"}
    assert b"smollm2" not in reply


async def test_a_client_without_a_key_may_send_the_scheme_and_a_space(server):
    reply = raw(server, "/v1/models", "Host: localhost", "Authorization: Bearer ")
    assert reply.split()[1] == b"401"
    assert b"UNAUTHORIZED" in reply


async def test_both_models_share_one_engine(server, api):
    await api.ask(prompt="Hello", max_tokens=1)
    await api.ask(messages=[{"role": "user", "content": "Hello"}], max_tokens=1)
    assert len(server.engines) == 1
