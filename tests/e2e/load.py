"""A load of mixed requests with several keys, and a client-side account of it."""

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .api import CHAT_MODEL, MODEL, Api, user

TINY = "accounts/fireworks/models/tiny"
"""What most requests are for: noise, but at once. The rest is for the bundled models."""

LONG = "Once upon a time there was a small harbour. " * 30
"""Some hundred tokens: a client may leave while they are being computed."""

WORKERS = 16


@dataclass(frozen=True)
class Reply:
    """A whole reply that a client has got.

    Attributes:
        status: its HTTP status.
        usage: what it says of its tokens; empty for an error.
        ended: when it was whole, in seconds since the epoch.
    """

    status: int
    usage: dict[str, int]
    ended: float


@dataclass
class Load:
    """Sends requests to one server, and notes each of them.

    Attributes:
        keys: the keys' texts by their ids.
        sent: how many requests went out, by the key's id.
        replies: those that came whole, by the request's id.
    """

    url: str
    keys: dict[str, str]
    seed: int = 0
    sent: Counter[str] = field(default_factory=Counter)
    replies: dict[str, Reply] = field(default_factory=dict)

    async def send(self, api: Api, requests: int) -> None:
        """Send so many, WORKERS at a time.

        Raises an ExceptionGroup once all have ended, where the server went away. None is cancelled
        for another one's sake: who is cancelled while it connects leaves a socket open.
        """
        numbers = iter(range(requests))
        workers = [self._work(api, numbers) for _ in range(WORKERS)]
        ends = await asyncio.gather(*workers, return_exceptions=True)
        errors = [end for end in ends if isinstance(end, Exception)]
        if errors:
            raise ExceptionGroup("workers failed", errors)

    async def _work(self, api: Api, numbers: Any) -> None:
        for number in numbers:
            chance = random.Random(f"{self.seed} {number}")
            key_id = chance.choice(sorted(self.keys))
            fields = _fields(chance)
            self.sent[key_id] += 1
            if chance.random() < 0.15:
                await self._hang_up(key_id, fields | _endless(chance), chance)
            else:
                await self._ask(api, key_id, fields)

    async def _ask(self, api: Api, key_id: str, fields: dict[str, Any]) -> None:
        """Send a request and note its whole reply."""
        path, body = _request(fields)
        headers = {"authorization": f"Bearer {self.keys[key_id]}"}
        response = await api.http.post(path, json=body, headers=headers)
        usage = {}
        if response.status_code == 200:
            text = response.text
            if fields.get("stream"):
                assert text.endswith("data: [DONE]\n\n"), text
                text = text.split("\n\n")[-3].removeprefix("data: ")
            usage = json.loads(text)["usage"]
        reply = Reply(response.status_code, usage, time.time())
        self.replies[response.headers["x-request-id"]] = reply

    async def _hang_up(self, key_id: str, fields: dict[str, Any], chance: random.Random) -> None:
        """Send a whole request and leave without its reply."""
        host, port = self.url.removeprefix("http://").split(":")
        path, body = _request(fields)
        content = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-length: {len(content)}\r\n"
            f"content-type: application/json\r\nauthorization: Bearer {self.keys[key_id]}\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(head.encode() + content)
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(chance.choice([0, 0.01, 0.05, 0.2, 0.5])):
                    while await reader.read(65536):
                        pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


def _fields(chance: random.Random) -> dict[str, Any]:
    """A request of some kind."""
    prompt = chance.choice(["Say this is a test", "Once", "Hello world", LONG[:100]])
    fields: dict[str, Any] = {"prompt": prompt, "max_tokens": chance.randint(1, 4)}
    if chance.random() < 0.9:
        fields["model"] = TINY
    if chance.random() < 0.5:
        fields["stream"] = True
    match chance.choices(
        ["plain", "chat", "n", "prompts", "score", "stop", "bad", "unknown"],
        [20, 5, 10, 5, 15, 15, 15, 15],
    )[0]:
        case "chat":
            return {"messages": user("Hi"), "max_tokens": 2, "stream": chance.random() < 0.5}
        case "n":
            fields["n"] = chance.randint(2, 4)
        case "prompts":
            fields["prompt"] = [prompt, "One more"]
        case "score":
            fields |= {"echo": True, "max_tokens": 0, "logprobs": 1, "stream": False}
        case "stop":
            fields |= {"stop": chance.choice(["e", " ", "a"]), "max_tokens": 8, "n": 2}
        case "bad":
            fields[chance.choice(["n", "temperature"])] = -1
        case "unknown":
            fields["model"] = "accounts/fireworks/models/none"
    return fields


def _endless(chance: random.Random) -> dict[str, Any]:
    """What makes a request long enough to leave it."""
    return {"max_tokens": 300} | chance.choice([{}, {"prompt": LONG}, {"n": 3}])


def _request(fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path and the body of a request; a prompt wins over messages."""
    if "prompt" in fields:
        fields = {name: value for name, value in fields.items() if name != "messages"}
    chat = "messages" in fields
    path = "/v1/chat/completions" if chat else "/v1/completions"
    return path, {"model": CHAT_MODEL if chat else MODEL, "temperature": 0.8} | fields
