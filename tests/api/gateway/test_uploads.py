import base64
import hashlib
import http.client
import socket
import time

import pytest

from hanabi.api.gateway import uploads as uploads_module

MODEL = "/v1/accounts/alice/models/m"
PATIENCE = 30


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Many writes also for a small file."""
    monkeypatch.setattr(uploads_module, "_BLOCK", 1000)


@pytest.fixture
def announce(ask, create):
    """Create alice's model `m` and announce files; tells the path to PUT each of them to."""

    def announce(sizes, **model):
        create("m", **model)
        reply = ask("POST", f"{MODEL}:getUploadEndpoint", {"filenameToSize": sizes})
        assert reply.status == 200, reply.body
        urls = reply.json["filenameToSignedUrls"]
        assert all(url.startswith("http://127.0.0.1:8000/uploads/") for url in urls.values())
        return {path: url.removeprefix("http://127.0.0.1:8000") for path, url in urls.items()}

    return announce


@pytest.fixture
def target(announce, weights):
    """Where to PUT the weights."""
    return announce({"tiny.gguf": len(weights)})["tiny.gguf"]


def sha256(content):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


def test_from_nothing_to_ready(ask, announce, weights):
    manifest = b'{"conversation_config": {"style": "chatml"}}'
    paths = announce({"tiny.gguf": len(weights), "fireworks.json": str(len(manifest))})
    early = ask("GET", f"{MODEL}:validateUpload")
    assert (early.status, early.json["code"]) == (400, 9)
    assert f"tiny.gguf has 0 of {len(weights)} bytes" in early.json["message"]
    for path, content in (("tiny.gguf", weights), ("fireworks.json", manifest)):
        reply = ask("PUT", paths[path], content, who=None, content_digest=sha256(content))
        assert (reply.status, reply.json) == (200, {})
    assert ask("GET", MODEL).json["state"] == "UPLOADING"
    assert ask("GET", f"{MODEL}:validateUpload").json == {}
    model = ask("GET", MODEL).json
    assert model["state"] == "READY"
    assert model["status"] == {"code": "OK", "message": ""}
    assert model["conversationConfig"] == {"style": "chatml"}
    assert model["contextLength"] == 512
    assert ask("GET", f"{MODEL}:validateUpload").json == {}


def test_a_token_is_good_until_its_model_is_ready(ask, target, weights):
    assert ask("PUT", target, weights, who=None).status == 200
    assert ask("GET", f"{MODEL}:validateUpload").json == {}
    reply = ask("PUT", target, weights, who=None)
    assert (reply.status, reply.json["code"]) == (404, 5)


@pytest.mark.parametrize("token", ["x", "%00", "' OR 1=1 --", "x" * 1000])
def test_nothing_but_its_token_opens_an_upload(ask, target, token):
    assert ask("PUT", f"/uploads/{token}", b"x", who="alice").status == 404


def test_a_cut_is_resumed(ask, target, weights):
    total = len(weights)
    asked = ask("PUT", target, b"", who=None, content_range=f"bytes */{total}")
    assert (asked.status, asked.headers.get("range"), asked.body) == (308, None, b"")
    part = ask("PUT", target, weights[:1500], who=None, content_range=f"bytes 0-1499/{total}")
    assert (part.status, part.headers["range"]) == (308, "bytes=0-1499")
    asked = ask("PUT", target, b"", who=None, content_range=f"bytes */{total}")
    assert (asked.status, asked.headers["range"]) == (308, "bytes=0-1499")
    span = f"bytes 1500-{total - 1}/{total}"
    digest = sha256(weights)
    rest = ask("PUT", target, weights[1500:], who=None, content_range=span, repr_digest=digest)
    assert (rest.status, rest.json) == (200, {})
    asked = ask("PUT", target, b"", who=None, content_range=f"bytes */{total}")
    assert asked.status == 200
    assert ask("GET", f"{MODEL}:validateUpload").json == {}


def test_a_whole_file_begins_anew(ask, target, weights):
    total = len(weights)
    ask("PUT", target, b"x" * 10, who=None, content_range=f"bytes 0-9/{total}")
    assert ask("PUT", target, weights, who=None).status == 200
    assert ask("GET", f"{MODEL}:validateUpload").json == {}


@pytest.mark.parametrize(
    ("first", "numbers"), [(1, "10 of {} bytes have arrived"), (11, "or from 0: 11")]
)
def test_a_gap_or_an_overlap_is_refused_with_the_numbers(ask, target, weights, first, numbers):
    total = len(weights)
    ask("PUT", target, weights[:10], who=None, content_range=f"bytes 0-9/{total}")
    span = f"bytes {first}-{first + 1}/{total}"
    reply = ask("PUT", target, b"xx", who=None, content_range=span)
    assert reply.status == 409
    assert numbers.format(total) in reply.json["message"]
    asked = ask("PUT", target, b"", who=None, content_range=f"bytes */{total}")
    assert asked.headers["range"] == "bytes=0-9"


@pytest.mark.parametrize("change", [-1, 1])
def test_a_body_of_another_size_is_refused_with_both(ask, target, weights, change):
    total = len(weights)
    body = (weights + b"x")[: total + change]
    for length in ({"content_length": str(len(body))}, {}):
        reply = ask("PUT", target, body, who=None, **length)
        assert reply.status == 400
        assert str(total) in reply.json["message"]
        assert str(total + change) in reply.json["message"]
    assert ask("GET", f"{MODEL}:validateUpload").status == 400


@pytest.mark.parametrize("header", ["content_digest", "repr_digest"])
def test_another_digest_is_refused_with_both(ask, target, weights, header):
    wrong = weights[:-1] + b"\x01"
    reply = ask("PUT", target, wrong, who=None, **{header: sha256(weights)})
    assert reply.status == 400
    for content in (weights, wrong):
        assert hashlib.sha256(content).hexdigest() in reply.json["message"]
    asked = ask("PUT", target, b"", who=None, content_range=f"bytes */{len(weights)}")
    assert "range" not in asked.headers
    assert ask("PUT", target, weights, who=None, **{header: sha256(weights)}).status == 200


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"content_range": "bytes 0-9"}, "Content-Range must be"),
        ({"content_range": "bytes */7"}, "Content-Range: the file was announced with"),
        ({"content_range": "bytes 0-1/7"}, "Content-Range: the file was announced with"),
        ({"content_digest": "md5=:AAAA:"}, "Content-Digest must hold"),
        ({"repr_digest": "x"}, "Repr-Digest must hold"),
    ],
)
def test_bad_headers(ask, target, headers, message):
    reply = ask("PUT", target, b"x", who=None, **headers)
    assert reply.status == 400
    assert reply.json["message"].startswith(message)


def test_the_digest_of_a_part_is_refused(ask, target, weights):
    span = f"bytes 0-0/{len(weights)}"
    reply = ask("PUT", target, b"x", who=None, content_range=span, content_digest=sha256(b"x"))
    assert reply.status == 400
    assert "send Repr-Digest" in reply.json["message"]


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"../x.gguf": 1}, "'../x.gguf' must be a plain file name"),
        ({"x.bin": 1}, "'x.bin' is a pickle by its name"),
        ({"x.gguf": 0}, "the size of 'x.gguf' must be 1 to"),
        ({"x.gguf": "0x10"}, "filenameToSize['x.gguf'] must be a number of bytes: '0x10'"),
        ({"x.gguf": 1.5}, "filenameToSize['x.gguf'] must be a number of bytes: 1.5"),
        ({"x.gguf": True}, "filenameToSize['x.gguf'] must be a number of bytes: True"),
        ({"x.gguf": "٣"}, "filenameToSize['x.gguf'] must be a number of bytes"),
        ({"x.gguf": -(2**70)}, "the size of 'x.gguf' must be 1 to"),
        ([], "filenameToSize must be an object: []"),
    ],
)
def test_a_bad_announcement(ask, create, sizes, message):
    create("m")
    reply = ask("POST", f"{MODEL}:getUploadEndpoint", {"filenameToSize": sizes})
    assert reply.status == 400
    assert reply.json["message"].startswith(message), reply.json


def test_the_other_way_of_resuming_is_refused(ask, create):
    create("m")
    body = {"filenameToSize": {"x.gguf": 1}, "enableResumableUpload": True}
    reply = ask("POST", f"{MODEL}:getUploadEndpoint", body)
    assert reply.json["message"].startswith("enableResumableUpload is not supported")


def test_the_url_is_the_one_that_the_client_asked(ask, create):
    create("m")
    body = {"filenameToSize": {"x.gguf": 1}}
    for host, shown in [
        ("models.example:81", "http://models.example:81/"),
        ("[::1]:80", "http://[::1]:80/"),
        ("evil/?", "http://127.0.0.1:8000/"),
        ("a@b", "http://127.0.0.1:8000/"),
    ]:
        reply = ask("POST", f"{MODEL}:getUploadEndpoint", body, host=host)
        assert reply.json["filenameToSignedUrls"]["x.gguf"].startswith(f"{shown}uploads/"), host


class Wire:
    """A PUT over a real connection, sent in pieces."""

    def __init__(self, port, path, length):
        self.connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
        head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
        self.connection.sendall(head.encode())

    def send(self, content):
        self.connection.sendall(content)

    def status(self):
        response = http.client.HTTPResponse(self.connection)
        response.begin()
        return response.status

    def hang_up(self):
        self.connection.close()


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def port(serve, gateway):
    return serve(gateway.app)


def test_what_came_before_a_hang_up_stays(ask, uploads, target, weights, port):
    token = target.rpartition("/")[2]
    wire = Wire(port, target, len(weights))
    wire.send(weights[:40_000])
    wait_until(lambda: uploads.offset(token)[0] >= 20_000)
    wire.hang_up()

    def resumable():
        span = f"bytes */{len(weights)}"
        asked = ask("PUT", target, b"", who=None, content_range=span)
        here = int(asked.headers["range"].removeprefix("bytes=0-")) + 1
        assert here >= 20_000
        span = f"bytes {here}-{len(weights) - 1}/{len(weights)}"
        return ask("PUT", target, weights[here:], who=None, content_range=span).status == 200

    wait_until(resumable)  # until the server has seen the hang-up, the file is in use
    assert ask("GET", f"{MODEL}:validateUpload").json == {}


def test_one_writes_a_file_at_a_time(ask, uploads, target, weights, port):
    token = target.rpartition("/")[2]
    wire = Wire(port, target, len(weights))
    wire.send(weights[:40_000])
    wait_until(lambda: uploads.offset(token)[0] >= 20_000)
    reply = ask("PUT", target, weights, who=None)
    assert reply.status == 409
    assert "in use by another request" in reply.json["message"]
    wire.send(weights[40_000:])
    assert wire.status() == 200
    wire.hang_up()
    assert ask("GET", f"{MODEL}:validateUpload").json == {}


def test_a_file_may_be_larger_than_a_body(announce, weights, make_api, gateway):
    limited = make_api(
        registry=gateway.dependencies.registry,
        uploads=gateway.dependencies.uploads,
        keys=gateway.dependencies.keys,
        max_body_bytes=1000,
    )
    path = announce({"tiny.gguf": len(weights)})["tiny.gguf"]
    assert limited.call("PUT", path, weights, key=None).status == 200


def test_other_requests_are_answered_while_a_file_comes(target, weights, port):
    wire = Wire(port, target, len(weights))
    wire.send(weights[:1000])
    other = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    other.request("GET", "/health")
    assert other.getresponse().status == 200
    other.close()
    wire.send(weights[1000:])
    assert wire.status() == 200
    wire.hang_up()
