"""The API as a client of these tests speaks it: plain HTTP and JSON, nothing of hanabi."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from typing import Any, Self

import httpx2

from .server import Server

MODEL = "accounts/fireworks/models/smollm2-135m"
CHAT_MODEL = f"{MODEL}-instruct"

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Spares each client the reading of the machine's certificates."""

PATIENCE = 120
"""Seconds: a client never gives up before the test does."""

COUNTED_WITHIN = 5
"""Seconds between a request's end and its place in the metrics."""


class Stream:
    """A streamed reply under way; iterate over its events.

    Attributes:
        response: its status and headers.
        done: whether [DONE] has come.
    """

    def __init__(self, response: httpx2.Response) -> None:
        """Take the response; nothing is read."""
        self.response = response
        self.done = False

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        """Yield each event but [DONE]. Every frame is whole UTF-8 and whole JSON by itself."""
        received = b""
        async for data in self.response.aiter_bytes():
            *frames, received = (received + data).split(b"\n\n")
            for frame in frames:
                assert frame.startswith(b"data: "), frame
                assert not self.done, frame
                text = frame.removeprefix(b"data: ").decode()
                if text == "[DONE]":
                    self.done = True
                else:
                    yield json.loads(text)
        assert received == b""


class Api:
    """A client of one server. The route and its model follow from `prompt` or `messages`."""

    def __init__(self, server: Server) -> None:
        """Take the server and its key."""
        self.http = httpx2.AsyncClient(
            base_url=server.url,
            headers={"authorization": f"Bearer {server.key}"},
            timeout=PATIENCE,
            limits=httpx2.Limits(max_connections=None),
            verify=NO_TLS,
            trust_env=False,  # a proxy of this machine is not for its loopback
        )

    async def __aenter__(self) -> Self:
        """Open the connections' pool."""
        await self.http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        await self.http.aclose()

    async def post(self, **fields: Any) -> httpx2.Response:
        """The response to a request, whatever it is."""
        path, body = _request(fields)
        return await self.http.post(path, json=body)

    async def ask(self, **fields: Any) -> dict[str, Any]:
        """The reply that is not streamed."""
        response = await self.post(**fields)
        assert response.status_code == 200, response.text
        return response.json()

    @contextlib.asynccontextmanager
    async def stream(self, **fields: Any) -> AsyncIterator[Stream]:
        """A reply as it comes; leaving the context early is a client that hangs up."""
        path, body = _request(fields | {"stream": True})
        async with self.http.stream("POST", path, json=body) as response:
            if response.status_code != 200:
                await response.aread()
            yield Stream(response)

    async def chunks(self, **fields: Any) -> list[dict[str, Any]]:
        """All chunks of a stream that ends well."""
        async with self.stream(**fields) as stream:
            assert stream.response.status_code == 200, stream.response.text
            chunks = [chunk async for chunk in stream]
        assert stream.done
        return chunks

    async def text(self, **fields: Any) -> str:
        """The text of the first choice."""
        return text_of((await self.ask(**fields))["choices"][0])

    async def token_ids(self, **fields: Any) -> list[int]:
        """The prompt as the model reads it."""
        reply = await self.ask(**fields, max_tokens=0, return_token_ids=True)
        return reply["choices"][0]["prompt_token_ids"]

    async def tokenize(self, text: str, **fields: Any) -> list[int]:
        """What the tokenizer route makes of a text."""
        body = {"model": MODEL, "prompt": text} | fields
        response = await self.http.post("/inference/v1/tokenize", json=body)
        assert response.status_code == 200, response.text
        return response.json()["tokens"]

    async def detokenize(self, *tokens: int) -> str:
        """What tokens spell."""
        body = {"model": MODEL, "tokens": tokens}
        response = await self.http.post("/inference/v1/detokenize", json=body)
        assert response.status_code == 200, response.text
        return response.json()["prompt"]

    async def round_trips(self) -> None:
        """Give the server time to read what other tasks have sent: a few requests' worth."""
        for _ in range(10):
            await self.tokenize("There and back again")

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a counter's samples that have these labels.

        A request is counted when its reply has gone out, which may be after the client has it.
        """
        text = (await self.http.get("/metrics")).text
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(
            float(line.rpartition(" ")[2])
            for line in text.splitlines()
            if line.startswith((f"{name}{{", f"{name} ")) and all(word in line for word in wanted)
        )

    async def counted(self, requests: float, **labels: str) -> None:
        """Wait until exactly so many requests with these labels have been counted."""
        found = None
        try:
            async with asyncio.timeout(COUNTED_WITHIN):
                while found != requests:
                    await asyncio.sleep(0.01)
                    found = await self.metric("hanabi_requests_total", **labels)
        except TimeoutError:
            message = f"{found} requests with {labels} were counted, not {requests}"
            raise AssertionError(message) from None


def user(content: str) -> list[dict[str, str]]:
    """A conversation of one message."""
    return [{"role": "user", "content": content}]


def text_of(choice: dict[str, Any]) -> str:
    """The text that a choice, or a chunk's choice, has."""
    if "text" in choice:
        return choice["text"]
    return choice.get("message", choice.get("delta", {})).get("content", "")


def joined(chunks: list[dict[str, Any]]) -> str:
    """The text of a stream of one choice."""
    return "".join(text_of(choice) for chunk in chunks for choice in chunk["choices"])


def _request(fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path and the body of a request."""
    chat = "messages" in fields
    path = "/inference/v1/chat/completions" if chat else "/inference/v1/completions"
    return path, {"model": CHAT_MODEL if chat else MODEL} | fields
