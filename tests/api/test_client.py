"""A client that leaves, over real sockets: in-process transports do not tell of it in time."""

import json
import socket
import struct
import time

import pytest

from hanabi.generation.text import TextEvent

BODY = {"model": "accounts/fireworks/models/fake", "prompt": "Say"}


def ask(port, body, key):
    """Send a request and leave the reply unread."""
    content = json.dumps(body).encode()
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(
        b"POST /v1/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (key.encode(), len(content), content)
    )
    return client


def reset(client):
    """Leave as a killed process does: with a reset instead of a farewell."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.fixture
def port(api, serve):
    return serve(api.app)


@pytest.mark.parametrize("leave", [socket.socket.close, reset])
class TestLeaving:
    def test_a_stream_is_cancelled(self, api, port, forever, key, leave):
        api.service.steps = [[TextEvent(0, "Hi")], forever]
        client = ask(port, BODY | {"stream": True}, key)
        received = b""
        while b'"text":"Hi"' not in received:
            received += client.recv(65536)
        assert not api.service.generation.cancelled.is_set()
        leave(client)
        assert api.service.generation.cancelled.wait(5)

    def test_a_stream_before_its_first_frame_is_cancelled(self, api, port, forever, key, leave):
        api.service.steps = [forever]
        client = ask(port, BODY | {"stream": True}, key)
        assert api.service.left_start.wait(5)
        leave(client)
        assert api.service.generation.cancelled.wait(5)

    def test_a_reply_that_is_not_streamed_is_cancelled(self, api, port, forever, key, leave):
        api.service.steps = [[TextEvent(0, "Hi")], forever]
        client = ask(port, BODY, key)
        assert api.service.left_start.wait(5)
        leave(client)
        assert api.service.generation.cancelled.wait(5)

    def test_a_request_that_waits_for_its_start_is_cancelled(self, api, port, forever, key, leave):
        api.service.steps = forever
        client = ask(port, BODY, key)
        assert api.service.started.wait(5)
        assert not api.service.left_start.is_set()
        leave(client)
        assert api.service.left_start.wait(5)


def test_who_left_is_counted(api, serve, forever, key):
    api.service.steps = forever
    client = ask(serve(api.app), BODY, key)
    assert api.service.started.wait(5)
    client.close()
    assert api.service.left_start.wait(5)
    line = 'hanabi_requests_total{model="",route="completions",status="499"} 1.0'
    deadline = time.monotonic() + 5
    while line not in api.metrics().body.decode():
        assert time.monotonic() < deadline, "the departure was not counted"


def test_a_connection_serves_again_after_a_stream(api, port, key):
    client = ask(port, BODY | {"stream": True}, key)
    received = b""
    while b"0\r\n\r\n" not in received:
        received += client.recv(65536)
    client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert client.recv(65536).startswith(b"HTTP/1.1 200 OK")
    client.close()
