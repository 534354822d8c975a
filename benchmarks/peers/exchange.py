"""A request as every server understands it, and what became of it."""

import json
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from http_client import Reply

CHAT: Final = "chat/completions"
COMPLETIONS: Final = "completions"

REFUSED = (429, 503)
"""Statuses by which a server says that it is too busy."""

OK = 200


@dataclass(frozen=True)
class Ask:
    """A request.

    Attributes:
        route: below `/v1/`.
        body: of OpenAI's fields, without the model's name.
        at: seconds after the turn began at which it is sent.
    """

    route: Literal["chat/completions", "completions"]
    body: dict[str, Any]
    at: float = 0.0


@dataclass(frozen=True)
class Exchange:
    """A request and its reply; times are in seconds of `perf_counter`.

    Attributes:
        sent: when it was written.
        ended: when its last byte came.
        arrivals: when each piece of text of a stream came.
        texts: of each choice.
        tokens: that were generated, over all choices, as the server counts them; None where it
            does not say.
        prompt_tokens: as the server counts them; None where it does not say.
        scores: the logprobs of the prompt's tokens but the first, where they were asked for.
        failure: why there is no reply; `refused` when the server was too busy; empty otherwise.
    """

    sent: float
    ended: float
    arrivals: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()
    tokens: int | None = None
    prompt_tokens: int | None = None
    scores: tuple[float, ...] = ()
    failure: str = ""

    @property
    def text(self) -> str:
        """The first choice's text."""
        return self.texts[0] if self.texts else ""


@dataclass
class _Heard:
    """What a stream has said so far."""

    arrivals: list[float] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    usage: dict[str, Any] = field(default_factory=dict)
    failure: str = ""

    def take(self, when: float, message: dict[str, Any]) -> None:
        """Add one event."""
        if "error" in message:
            self.failure = str(message["error"])[:200]
        self.usage = message.get("usage") or self.usage
        for choice in message.get("choices", ()):
            piece = choice.get("text") or (choice.get("delta") or {}).get("content")
            if piece:
                self.arrivals.append(when)
                index = choice["index"]
                self.texts[index] = self.texts.get(index, "") + piece


def exchange(reply: Reply, *, stream: bool) -> Exchange:
    """What a reply says."""
    ended = reply.arrivals[-1]
    if reply.status != OK:
        busy = reply.status in REFUSED
        reason = "refused" if busy else f"{reply.status}: {reply.body.decode(errors='replace')}"
        return Exchange(reply.sent, ended, failure=reason[:200])
    return _streamed(reply) if stream else _whole(reply)


def _streamed(reply: Reply) -> Exchange:
    heard = _Heard()
    done = False
    for when, event in reply.events:
        if event == b"[DONE]":
            done = True
        else:
            heard.take(when, json.loads(event))
    if not done and not heard.failure:
        heard.failure = "the stream has no end"
    return Exchange(
        sent=reply.sent,
        ended=reply.arrivals[-1],
        arrivals=tuple(heard.arrivals),
        texts=tuple(text for _, text in sorted(heard.texts.items())),
        tokens=heard.usage.get("completion_tokens"),
        prompt_tokens=heard.usage.get("prompt_tokens"),
        failure=heard.failure,
    )


def _whole(reply: Reply) -> Exchange:
    answer = json.loads(reply.body)
    choices = sorted(answer["choices"], key=lambda choice: choice["index"])
    usage = answer.get("usage") or {}
    logprobs = choices[0].get("logprobs") or {}
    rows = logprobs.get("token_logprobs") or ()
    return Exchange(
        sent=reply.sent,
        ended=reply.arrivals[-1],
        texts=tuple(
            choice.get("text") or (choice.get("message") or {}).get("content") or ""
            for choice in choices
        ),
        tokens=usage.get("completion_tokens"),
        prompt_tokens=usage.get("prompt_tokens"),
        scores=tuple(row for row in rows[1:] if row is not None),
    )
