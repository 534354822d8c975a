import socket

import pytest

LIMIT = 100_000


def test_a_body_at_the_limit_is_read(api):
    body = b'{"model":"m","prompt":"x"}'
    reply = api.call("POST", "/v1/completions", body + b" " * (LIMIT - len(body)))
    assert reply.status == 200


def test_a_body_over_the_limit_is_a_413(api):
    reply = api.call("POST", "/v1/completions", b" " * (LIMIT + 1))
    assert reply.status == 413
    assert reply.error == {
        "object": "error",
        "type": "invalid_request_error",
        "code": "request_too_large",
        "message": "The request body may have at most 100000 bytes; this one has at least 100001",
    }
    assert api.service.requests == []


def test_a_declared_length_over_the_limit_is_a_413_at_once(api):
    headers = [(b"content-length", b"99999999999999999999")]
    reply = api.call("POST", "/v1/completions", b"{}", headers=headers)
    assert reply.status == 413


@pytest.mark.parametrize("declared", [b"-1", b"x", b"", "²".encode()])
def test_a_declared_length_that_is_no_number_decides_nothing(api, declared):
    headers = [(b"content-length", declared)]
    body = b'{"model":"m","prompt":"x"}'
    assert api.call("POST", "/v1/completions", body, headers=headers).status == 200


def test_a_body_over_the_limit_is_refused_while_it_streams(api, serve, key):
    with socket.create_connection(("127.0.0.1", serve(api.app)), timeout=10) as client:
        client.sendall(
            b"POST /v1/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" % key.encode()
        )
        client.sendall(b"%x\r\n%b\r\n" % (LIMIT + 1, b" " * (LIMIT + 1)))
        reply = client.recv(65536)  # the body has not ended
    assert reply.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in reply.lower()
