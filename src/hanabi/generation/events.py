"""What a backend says while it generates: token events, no text."""

from typing import Literal

import msgspec

from hanabi.sampling.row import Row

FinishReason = Literal["stop", "length"]
"""`stop`: an end id (or, decided above the backend, a stop string). `length`: max_tokens."""


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
