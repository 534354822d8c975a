"""What the engine processes of one weights file have computed, and what of it no reply got."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from hanabi.engine.messages import Computed

Discard = Literal["stop", "ended"]
"""Why a generated token is in no reply. `stop`: its choice had ended with a stop string. `ended`:
its whole request had, with its last choice's stop string or since its client had left."""


@dataclass
class Tally:
    """Counts that only grow, over all processes that served the weights; for one thread.

    Everything that an engine computes is in a request's usage or discarded, so with all requests
    ended: prompt_tokens = usage of prompts - its cached tokens + discarded_prompt_tokens, and
    generated_tokens = usage of completions + the sum of `discarded`.

    Attributes:
        prompt_tokens: tokens of prompts that were computed.
        generated_tokens: tokens that were drawn, end tokens included.
        discarded_prompt_tokens: tokens of prompts that were computed for requests that had ended.
        discarded: generated tokens that no reply got, by the reason.
        cached_tokens: tokens of prompts that the prefix cache held.
        cache_hits: prompts that found a beginning of theirs there.
        cache_misses: prompts that found none.
        drafted_tokens: guesses at tokens that were decoded.
        accepted_tokens: those of them that were right.
    """

    prompt_tokens: int = 0
    generated_tokens: int = 0
    discarded_prompt_tokens: int = 0
    discarded: Counter[Discard] = field(default_factory=Counter)
    cached_tokens: int = 0
    cache_hits: int = 0
    cache_misses: int = 0
    drafted_tokens: int = 0
    accepted_tokens: int = 0

    def advance(self, before: Computed, now: Computed) -> None:
        """Add what a process has computed between two of its reports."""
        self.prompt_tokens += now.prompt_tokens - before.prompt_tokens
        self.generated_tokens += now.generated_tokens - before.generated_tokens
        self.cached_tokens += now.cached_tokens - before.cached_tokens
        self.cache_hits += now.cache_hits - before.cache_hits
        self.cache_misses += now.cache_misses - before.cache_misses
        self.drafted_tokens += now.drafted_tokens - before.drafted_tokens
        self.accepted_tokens += now.accepted_tokens - before.accepted_tokens
