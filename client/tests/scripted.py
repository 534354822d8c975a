"""A server that answers the n-th request with the n-th scene of a script, to the byte."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable

PATIENCE = 20
"""Seconds after which a test that waits for something has failed."""


class Received:
    """A request: its first line, its headers (names in lower case) and its body."""

    def __init__(self, head: bytes, body: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = first.split(" ")
        self.headers = {n.lower(): v.strip() for n, _, v in (li.partition(":") for li in lines)}
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


Scene = bytes | Callable[[socket.socket], None]
"""What is sent, or a function that sends; either may end the connection. None: hang up."""


class ScriptedServer:
    """Listens on loopback; every connection has a thread. The last scene goes on for ever."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self._script: list[Scene | None] = []
        self._open = 0
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"{self.origin}/inference/v1"

    def play(self, *scenes: Scene | None) -> None:
        self._script = list(scenes)

    def all_closed(self, within: float = PATIENCE) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._open, within)

    def __enter__(self):
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with self._changed:
                    self._open += 1
                    self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection:
            while request := _read(connection):
                with self._changed:
                    scene = self._script[min(len(self.requests), len(self._script) - 1)]
                    self.requests.append(request)
                if scene is None:
                    break
                if isinstance(scene, bytes):
                    connection.sendall(scene)
                elif scene(connection) == "end":
                    break
        with self._changed:
            self._open -= 1
            self._changed.notify_all()


def _read(connection):
    received = b""
    while b"\r\n\r\n" not in received:
        if not (piece := connection.recv(65536)):
            return None
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    request = Received(head, b"")
    while len(body) < int(request.headers.get("content-length", 0)):
        body += connection.recv(65536)
    request.body = body
    return request


def reply(body, status=200, **headers):
    """A whole reply; a body that is no bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-length": len(content), "x-request-id": "request-1"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode() + content


def error(status, message="no", **headers):
    return reply({"error": {"message": message, "type": "error", "code": "C"}}, status, **headers)


STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: request-1\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
STREAM_END = b"0\r\n\r\n"


def piece(content):
    """A chunk of chunked encoding."""
    return b"%x\r\n%b\r\n" % (len(content), content)


def event(fields):
    data = fields if isinstance(fields, str) else json.dumps(fields)
    return piece(f"data: {data}\n\n".encode())


def stream(*events):
    """A whole streamed reply."""
    return STREAM_HEAD + b"".join(map(event, events)) + event("[DONE]") + STREAM_END


def silent_after(content):
    """Some bytes and no more; the scene ends when the client goes away."""

    def scene(connection):
        connection.sendall(content)
        connection.settimeout(PATIENCE)
        assert connection.recv(1) == b""
        return "end"

    return scene


def hanging(*events):
    """A streamed reply that does not go on."""
    return silent_after(STREAM_HEAD + b"".join(map(event, events)))


def cut(content):
    """Some bytes, and then the connection ends."""

    def scene(connection):
        connection.sendall(content)
        return "end"

    return scene


def text_chunk(text, index=0, finish_reason=None, **beside):
    choice = {"index": index, "text": text, "logprobs": None, "finish_reason": finish_reason}
    return {"id": "i", "object": "text_completion", "created": 1, "model": "m"} | {
        "choices": [choice],
        **beside,
    }


def chat_chunk(delta, index=0, finish_reason=None, **beside):
    choice = {"index": index, "delta": delta, "finish_reason": finish_reason}
    return {"id": "i", "object": "chat.completion.chunk", "created": 1, "model": "m"} | {
        "choices": [choice],
        **beside,
    }


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
COMPLETION = text_chunk("ab", finish_reason="stop", usage=USAGE)
CHAT = {
    "id": "i",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "ab"}, "finish_reason": "stop"}
    ],
    "usage": USAGE,
}
