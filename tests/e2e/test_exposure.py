"""What anybody on the network may try: every road is closed, and none of it costs the server."""

import asyncio
import contextlib
import json
import random
import re
import resource
import socket
import sys
from pathlib import Path

import httpx2
import psutil
import pytest

from ..tiny_llama import write_tiny_llama  # noqa: TID252 - test folders are no packages
from .api import MODEL, PATIENCE, Api

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

OPEN = {"/health", "/uploads/{token}"}
"""Beside the documentation and the console: the token is a key for one file."""

MEGABYTE = 2**20
FLAT = 64 * MEGABYTE
"""What the server may have grown by. Attackers here send a gigabyte, or come a thousand at a time;
the rest is what any server grows by while others use it too."""

SLOTH = 10
"""Seconds in which a request's headers have to come."""

SECRETS = [
    rb"Traceback|\bFile \"|\bline \d+, in ",
    rb"0x[0-9a-fA-F]{6,}",
    rb"\.py\b",
    rb"site-packages|sqlalchemy|msgspec|uvicorn|starlette|sqlite",
]


@pytest.fixture
def address(server):
    url = httpx2.URL(server.url)
    return url.host, url.port


@pytest.fixture
def many_files():
    """Let these tests, too, have many connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def no_growth(server):
    """Nothing in the context makes the server grow."""
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    yield
    assert process.memory_info().rss - before < FLAT


def reply_to(address, *parts):
    """The head of the reply to parts of a request; what the server no longer wants is not sent."""
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        with contextlib.suppress(ConnectionError):
            for part in parts:
                connection.sendall(part)
        return connection.recv(65536)


def status(reply):
    return int(reply.split(b" ", 2)[1])


def head(line, *headers):
    fields = "".join(f"{field}\r\n" for field in ("Host: localhost", *headers))
    return f"{line} HTTP/1.1\r\n{fields}\r\n".encode()


async def answers(api):
    """Whether the server still serves those who mean well."""
    async with asyncio.timeout(PATIENCE):
        return (await api.ask(prompt="Hello", max_tokens=1))["usage"]["completion_tokens"] == 1


async def test_every_route_but_the_open_ones_wants_a_key(server):
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
        closed = 0
        for path, operations in paths.items():
            for method in operations:
                response = await client.request(method, re.sub(r"\{\w+\}", "x", path), json={})
                assert (response.status_code == 401) is (path not in OPEN), (method, path)
                closed += response.status_code == 401
        assert closed > 30
        assert {path for path in paths if path in OPEN} == OPEN


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "169.254.169.254"])
@pytest.mark.parametrize("path", ["/health", "/docs", "/", "/console/main.js", "/v1/models", "/no"])
async def test_a_page_of_another_site_that_leads_here_gets_nothing(server, address, host, path):
    headers = f"Host: {host}\r\nAuthorization: Bearer {server.key}\r\nConnection: close"
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\n{headers}\r\n\r\n".encode())
        reply = b"".join(iter(lambda: connection.recv(65536), b""))  # head and body come apart
    assert status(reply) == 403
    assert b"--allowed-hosts" in reply


async def test_a_host_that_was_named_is_answered(start_server):
    server = start_server("--allowed-hosts", "models.example,10.0.0.7", "--kv-memory", "64M")
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False) as client:
        for host, expected in [("models.example:80", 200), ("localhost", 200), ("evil", 403)]:
            response = await client.get("/health", headers={"host": host})
            assert response.status_code == expected, host


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * MEGABYTE + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\n" + b"X: x\r\n" * (MEGABYTE // 6) + b"\r\n",
        b"GET /health?" + b"x" * MEGABYTE + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /health HTTP/1.1\r\n" + b"x" * MEGABYTE + b": x\r\n\r\n",
        b"x" * MEGABYTE,
    ],
    ids=["value", "count", "target", "name", "method"],
)
async def test_a_megabyte_of_head(server, api, address, sent):
    with no_growth(server):
        for _ in range(20):
            reply = await asyncio.to_thread(reply_to, address, sent)
            assert status(reply) in ({400} if sent[:1] == b"x" else {431})
    assert await answers(api)


@pytest.mark.parametrize(
    ("line", "known", "expected"),
    [
        ("POST /v1/completions", True, 413),
        ("POST /v1/accounts/a/models", True, 413),
        ("POST /v1/completions", False, 401),
        ("PUT /uploads/unknown", False, 404),
        ("GET /health", False, 200),
        ("POST /nowhere", False, 404),
        ("POST /console/sign-in", False, 413),
    ],
)
@pytest.mark.parametrize("declared", [True, False])
async def test_a_gigabyte_of_body(  # noqa: PLR0917 - a table
    server, api, address, line, known, expected, declared
):
    size = 2**30
    headers = [f"Authorization: Bearer {server.key}"] if known else []
    headers.append(f"Content-Length: {size}" if declared else "Transfer-Encoding: chunked")
    part = b" " * MEGABYTE if declared else b"%x\r\n%b\r\n" % (MEGABYTE, b" " * MEGABYTE)
    parts = (part for _ in range(size // MEGABYTE))
    with no_growth(server):
        reply = await asyncio.to_thread(
            reply_to, address, head(line, *headers), *parts_with_end(parts, declared)
        )
        assert status(reply) == expected
    assert await answers(api)


def parts_with_end(parts, declared):
    yield from parts
    if not declared:
        yield b"0\r\n\r\n"


async def test_slow_heads_end_and_nobody_waits_for_them(server, api, address):
    loop = asyncio.get_running_loop()
    began = loop.time()
    slow = [await asyncio.open_connection(*address) for _ in range(200)]
    replies = [asyncio.create_task(reader.read()) for reader, _ in slow]
    with no_growth(server):
        while not all(reply.done() for reply in replies):
            for _, writer in slow:
                if not writer.is_closing():
                    writer.write(b"GET / HTTP/1.1\r\n" if loop.time() < began + 1 else b"X: x\r\n")
            assert await answers(api)
            await asyncio.sleep(1)
            assert loop.time() < began + PATIENCE
    assert {status(await reply) for reply in replies} == {408}
    assert loop.time() > began + SLOTH
    for _, writer in slow:
        writer.close()


async def test_a_thousand_idle_connections(server, api, address, many_files):
    with no_growth(server):
        idle = [await asyncio.open_connection(*address) for _ in range(1000)]
        assert await answers(api)
        async with Api(server) as other:  # a new connection
            assert await answers(other)
    for _, writer in idle:
        writer.close()
    assert psutil.Process(server.process.pid).rlimit(psutil.RLIMIT_NOFILE)[0] > 4096


@pytest.mark.parametrize(
    "prompt",
    ["", [], [[]], [""], [[], [1]], [-1], [2**31], [2**63], [49_152], [[49_152]], [0.5], [None]],
)
async def test_no_prompt_is_a_crash(api, prompt):
    response = await api.post(prompt=prompt, max_tokens=1)
    assert response.status_code in (200, 400), response.text
    assert await answers(api)


async def test_special_tokens_as_text_are_no_crash(api):
    texts = [await api.detokenize(token) for token in range(17)]
    assert "<|im_start|>" in texts
    for text in (*texts, "".join(texts)):
        response = await api.post(prompt=text, max_tokens=1)
        assert response.status_code == 200, text
        messages = [{"role": "system", "content": text}, {"role": "user", "content": text}]
        response = await api.post(messages=messages, max_tokens=1, stop=text[:100])
        assert response.status_code == 200, text
    assert await answers(api)


async def test_special_tokens_of_a_llama_as_text_are_no_crash(start_server, tmp_path):
    path = write_tiny_llama(tmp_path / "tiny.gguf")
    server = start_server("--model", str(path), "--kv-memory", "64M")
    model = "accounts/fireworks/models/tiny"
    async with Api(server) as api:
        vocabulary = 0
        while (response := await spelled(api, model, vocabulary)).status_code == 200:
            vocabulary += 1
        assert vocabulary > 256
        texts = {(await spelled(api, model, token)).json()["prompt"] for token in range(vocabulary)}
        assert {"<s>", "</s>", "<unk>"} <= texts
        for text in sorted(text for text in texts if text.startswith(("<", " <"))):
            response = await api.post(model=model, prompt=text, max_tokens=1)
            assert response.status_code == 200, text
        for prompt in ([vocabulary], [vocabulary - 1, vocabulary], [[vocabulary]]):
            response = await api.post(model=model, prompt=prompt, max_tokens=1)
            assert response.status_code == 400, prompt
        assert server.process.poll() is None


async def spelled(api, model, token):
    body = {"model": model, "tokens": [token]}
    return await api.http.post("/inference/v1/detokenize", json=body)


JUNK = ["", "\0", "../../etc/passwd", "\ud800", "%s%n", "' OR 1=1 --", "{{7*7}}", 10**400, -1]
JUNK += [1e308, None, True, [], {}, [[[[]]]], {"a": {"b": []}}, "x" * 5000, "\N{SNOWMAN}"]
ROUTES = ["completions", "chat/completions", "tokenize", "detokenize", "models", "models/x%00y"]
ROUTES += ["accounts/fireworks/models", "accounts/%2e%2e/models/x:validateUpload"]
ROUTES += ["accounts/fireworks/models/x:getUploadEndpoint", "accounts/fireworks/usage", "x/%7f"]
FIELDS = ["model", "prompt", "messages", "stop", "logit_bias", "tokens", "modelId"]


async def test_no_reply_tells_of_the_inside(server, api):
    """Nor is any of them a 5xx."""
    chance = random.Random(6)
    paths = {str(server.home), str(Path.home()), sys.prefix, str(Path(__file__).parents[2])}
    secrets = [re.compile(secret) for secret in SECRETS]
    secrets += [re.compile(re.escape(path).encode()) for path in paths - {"/"}]
    statuses = set()
    for _ in range(600):
        fields = {name: chance.choice(JUNK) for name in chance.sample(FIELDS, chance.randrange(5))}
        if chance.random() < 0.5:
            fields |= {"model": MODEL, "max_tokens": 1}
        body = json.dumps(fields).encode()
        if chance.random() < 0.2:
            cut = chance.randrange(len(body))
            body = body[:cut] + chance.randbytes(4) + body[cut:]
        path = f"/inference/v1/{chance.choice(ROUTES)}"
        method = chance.choice(["GET", "POST", "POST", "POST", "PUT", "DELETE", "BREW"])
        response = await api.http.request(method, path, content=body)
        statuses.add(response.status_code)
        told = [secret.pattern for secret in secrets if secret.search(response.content)]
        assert told == [], (method, path, body, response.text)
        assert response.status_code < 500, (method, path, body, response.text)
    assert {200, 400, 404, 405} <= statuses


async def test_nothing_listens_but_the_api_on_loopback(server, address):
    processes = [psutil.Process(server.process.pid), *server.engines]
    listening = [
        tuple(connection.laddr)
        for process in processes
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN or connection.type == socket.SOCK_DGRAM
    ]
    assert listening == [address]
