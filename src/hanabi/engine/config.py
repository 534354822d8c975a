"""How an engine process is set up."""

import msgspec


class EngineConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one engine process.

    Attributes:
        threads: compute threads, at least 1.
        poll: how hard idle compute threads spin for work: 0 sleeps at once, 100 spins longest.
        cache_bytes: the memory budget of the KV cache.
        kv_type: number format of the KV cache, `f16` or `q8_0`.
        context_length: tokens a sequence can hold; None: what the model was trained for, at most
            DEFAULT_CONTEXT_LENGTH.
        slots: the most sequences that run at once; what fits in the budget may be fewer.
        token_budget: tokens of prompts that are computed between two tokens of the running
            sequences. Larger starts waiting requests sooner, smaller keeps streams smoother.
        deterministic: whether a reply never depends on what the cache holds; see Scheduler.
        queue_limit: requests that may wait beyond those that run.
        load_limit: seconds after which loading is given up, beyond what reading the file takes.
    """

    threads: int
    poll: int
    cache_bytes: int
    kv_type: str = "f16"
    context_length: int | None = None
    slots: int = 32
    token_budget: int = 256
    deterministic: bool = False
    queue_limit: int = 256
    load_limit: float = 120.0


DEFAULT_CONTEXT_LENGTH = 8192
"""Longer contexts are asked for: each slot reserves its whole context in the KV cache."""
