"""Models come and go while the server runs: over HTTP, on the command line, through a kill -9."""

import asyncio
import os
import signal
import socket
import subprocess
import time

import httpx2
import pytest

from ..tiny_llama import write_tiny_llama  # noqa: TID252 - test folders are no packages
from .api import PATIENCE, Api
from .server import HANABI, Server

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

MODELS = "/v1/accounts/fireworks/models"
FLAGS = ("--slots", "2", "--context", "256")
PADDED = 8 << 20
"""Bytes of an upload that takes a few reads."""


def name(model_id):
    return f"accounts/fireworks/models/{model_id}"


async def begin(api, model_id, sizes, **model):
    """Create a model and announce its files; tells where to PUT them."""
    reply = await api.http.post(MODELS, json={"modelId": model_id, "model": model})
    assert reply.status_code == 200, reply.text
    path = f"{MODELS}/{model_id}:getUploadEndpoint"
    reply = await api.http.post(path, json={"filenameToSize": sizes})
    assert reply.status_code == 200, reply.text
    return reply.json()["filenameToSignedUrls"]


def create_beside(server, model_id, path):
    """Create a model on the command line, in the home of a server that runs."""
    subprocess.run(
        [HANABI, "models", "create", model_id, path],
        env=os.environ | {"HANABI_HOME": str(server.home)},
        check=True,
        timeout=PATIENCE,
    )


async def test_a_model_over_http_is_used_without_a_restart_and_deleted(start_server, weights):
    content = weights.read_bytes()
    server = start_server(*FLAGS)
    async with Api(server) as api:
        config = {"style": "alpaca"}
        sizes = {"tiny.gguf": len(content)}
        urls = await begin(api, "tiny", sizes, conversationConfig=config)
        asked = {"model": name("tiny"), "prompt": "Hello", "max_tokens": 2}
        assert (await api.post(**asked)).status_code == 404
        async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as nobody:
            reply = await nobody.put(urls["tiny.gguf"], content=content)
            assert (reply.status_code, reply.json()) == (200, {})
        reply = await api.http.get(f"{MODELS}/tiny:validateUpload")
        assert (reply.status_code, reply.json()) == (200, {})
        assert (await api.post(**asked)).status_code == 200
        message = [{"role": "user", "content": "Hello"}]
        chat = {"model": name("tiny"), "messages": message, "max_tokens": 2}
        assert (await api.post(**chat)).status_code == 200

        running = {"prompt": "Hello", "max_tokens": 200, "ignore_eos": True}
        async with api.stream(model=name("tiny"), **running) as stream:
            chunks = aiter(stream)
            await anext(chunks)
            deletion = asyncio.create_task(api.http.delete(f"{MODELS}/tiny"))
            last = [chunk async for chunk in chunks][-1]
            assert stream.done
            assert last["choices"][0]["finish_reason"] == "length"
        reply = await deletion
        assert (reply.status_code, reply.json()) == (200, {})
        assert (await api.post(**asked)).status_code == 404
        assert len(server.engines) == 1, "the deleted model's engine should have gone"


async def test_a_split_model_answers_as_the_whole_one_does(start_server, weights, tmp_path):
    write_tiny_llama(tmp_path / "tiny.gguf", parts=3)
    parts = {path.name: path.read_bytes() for path in sorted(tmp_path.iterdir())}
    assert len(parts) == 3
    server = start_server(*FLAGS)
    create_beside(server, "whole", weights)
    create_beside(server, "made", tmp_path / next(iter(parts)))
    async with Api(server) as api:
        urls = await begin(api, "sent", {path: len(raw) for path, raw in parts.items()})
        for path, raw in parts.items():
            assert (await api.http.put(urls[path], content=raw)).status_code == 200
        reply = await api.http.get(f"{MODELS}/sent:validateUpload")
        assert (reply.status_code, reply.json()) == (200, {})
        asked = {"prompt": "Hello", "max_tokens": 20, "temperature": 0, "ignore_eos": True}
        texts = set()
        for model_id in ("whole", "made", "sent"):
            reply = await api.post(model=name(model_id), **asked)
            assert reply.status_code == 200, reply.text
            texts.add(reply.json()["choices"][0]["text"])
        assert len(texts) == 1
        for model_id in ("made", "sent"):
            assert (await api.http.delete(f"{MODELS}/{model_id}")).status_code == 200
        assert list((server.home / "blobs" / "split").iterdir()) == []


async def test_the_command_line_works_beside_a_running_server(start_server, weights):
    server = start_server(*FLAGS)

    def hanabi(*arguments):
        environment = os.environ | {"HANABI_HOME": str(server.home)}
        done = subprocess.run(
            [HANABI, "models", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    alias = name("llama-v2-7b-chat")
    async with Api(server) as api:
        hanabi("create", "local", str(weights), "--style", "llama-chat", "--system", "")
        hanabi("alias", alias, "local")
        chat = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 2}
        for each in (name("local"), alias):
            reply = await api.ask(model=each, **chat)
            assert reply["model"] == each
        listed = (await api.http.get("/v1/models", params={"details": "true"})).json()["data"]
        found = {model["id"]: model for model in listed}
        for each in (name("local"), alias):
            assert found[each]["supports_chat"] is True
            assert found[each]["context_length"] == 512
            one = await api.http.get(f"/v1/models/{each}")
            assert set(one.json()) == {"id", "object", "created", "owned_by"}
            assert one.json()["id"] == each
        hanabi("alias", "--remove", alias)
        hanabi("delete", "local", "--yes")
        for each in (name("local"), alias):
            assert (await api.post(model=each, **chat)).status_code == 404
        assert "and all as they were created" in hanabi("verify")


async def test_an_upload_goes_on_after_kill_9(tmp_path, weights):
    """A README of 8 MB beside the weights is cut in the middle by the server's death."""
    content = {"tiny.gguf": weights.read_bytes(), "README.md": b"All work and no play.\n" * 400_000}
    text = content["README.md"]
    sizes = {path: len(part) for path, part in content.items()}
    assert len(text) > PADDED
    server = Server(tmp_path, *FLAGS)
    try:
        async with Api(server) as api:
            urls = await begin(api, "kept", sizes)
            reply = await api.http.put(urls["tiny.gguf"], content=content["tiny.gguf"])
            assert reply.status_code == 200
            part = httpx2.URL(urls["README.md"]).path
            kill_while_sending(server, api, part, text)
    finally:
        server.kill()

    server = Server(tmp_path, *FLAGS)
    try:
        async with Api(server) as api:
            assert (await api.http.get(f"{MODELS}/kept")).json()["state"] == "UPLOADING"
            question = {"content-range": f"bytes */{len(text)}"}
            reply = await api.http.put(part, headers=question)
            assert reply.status_code == 308
            here = int(reply.headers["range"].removeprefix("bytes=0-")) + 1
            assert 0 < here < len(text)
            rest = {"content-range": f"bytes {here}-{len(text) - 1}/{len(text)}"}
            reply = await api.http.put(part, headers=rest, content=text[here:])
            assert reply.status_code == 200, reply.text
            assert (await api.http.get(f"{MODELS}/kept:validateUpload")).json() == {}
            asked = {"model": name("kept"), "prompt": "Hello", "max_tokens": 2}
            assert (await api.post(**asked)).status_code == 200
        server.stop()
    finally:
        server.kill()


def kill_while_sending(server, api, path, text):
    """PUT half of a file, wait until some of it is on disk, and kill the server."""
    address = (api.http.base_url.host, api.http.base_url.port)
    with socket.create_connection(address, PATIENCE) as connection:
        head = f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(text)}\r\n\r\n"
        connection.sendall(head.encode() + text[: len(text) // 2])
        deadline = time.monotonic() + PATIENCE
        parts = server.home / "uploads"
        while sum(p.stat().st_size for p in parts.rglob("README.md")) < 1 << 20:
            assert time.monotonic() < deadline, server.log
            time.sleep(0.01)
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait(PATIENCE)
