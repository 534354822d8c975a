"""What a backend says while it generates: token events, no text."""

from typing import Literal

import msgspec

FinishReason = Literal["stop", "length"]
"""`stop`: an end id (or, decided above the backend, a stop string). `length`: max_tokens."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """The raw model distribution at one position (api.md, decision 4).

    Attributes:
        logprob: natural log-probability of the token that stands there. A prompt's first token
            has no condition: 0.0.
        top: exactly N (id, logprob) pairs, most likely first; () for a prompt's first token. Where
            the token itself is among them its logprob is the very same float.
        sampling_logprob: its log-probability under the distribution it was drawn from, after all
            processors and filters; None for prompt tokens.
    """

    logprob: float
    top: tuple[tuple[int, float], ...] = ()
    sampling_logprob: float | None = None


class TokenEvent(msgspec.Struct, frozen=True, array_like=True, tag="t"):
    """One step of one choice.

    Attributes:
        choice: the choice index.
        token: the id that was generated; None only when the choice ends without one
            (`max_tokens: 0`).
        finish: why the choice ends with this event, or None while it goes on.
        row: the token's row, when the request asked for logprobs.
    """

    choice: int
    token: int | None
    finish: FinishReason | None = None
    row: Row | None = None


class PromptEvent(msgspec.Struct, frozen=True, array_like=True, tag="p"):
    """A prompt has been computed; comes once for each prompt, before its choices' first tokens.

    Attributes:
        prompt: the prompt's index in the request.
        cached: how many of its tokens were taken from the cache and not computed.
        rows: one for each prompt token, when the request asked for prompt_logprobs; else ().
    """

    prompt: int
    cached: int = 0
    rows: tuple[Row, ...] = ()


Event = TokenEvent | PromptEvent
