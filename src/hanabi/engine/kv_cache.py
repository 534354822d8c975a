"""How the KV cache's memory is divided: slots times context, out of a budget."""

import msgspec

from hanabi.engine.config import DEFAULT_CONTEXT_LENGTH, EngineConfig

WANTED_SLOTS = 4
"""A server that can answer fewer at once than this gives up context before it gives up slots."""

LEAST_CONTEXT = 2048
"""Below this context no slot is won by shortening it."""

CELL_PADDING = 256
"""llama.cpp rounds a sequence's cells up to a multiple of this."""


class CachePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What the budget came to.

    Attributes:
        slots: sequences that can run at once, each with its own KV stream.
        context_length: tokens each of them can hold.
        cache_bytes: the memory that takes.
    """

    slots: int
    context_length: int
    cache_bytes: int


def plan_cache(config: EngineConfig, *, bytes_per_token: int, trained_context: int) -> CachePlan:
    """Divide the budget: the context that was asked for, then as many slots as fit.

    A context that was asked for is kept to, whatever the budget: then at least one slot is made.
    Otherwise the context is halved, down to LEAST_CONTEXT, until WANTED_SLOTS fit.

    Args:
        config: the wishes and the budget.
        bytes_per_token: K and V of one token over all layers.
        trained_context: the context that the model was trained for.
    """
    cell_bytes = max(1, bytes_per_token)
    trained = trained_context or DEFAULT_CONTEXT_LENGTH
    context = _padded(config.context_length or min(trained, DEFAULT_CONTEXT_LENGTH))
    wanted = min(WANTED_SLOTS, config.slots)
    if config.context_length is None:
        while (
            config.cache_bytes // (context * cell_bytes) < wanted and context // 2 >= LEAST_CONTEXT
        ):
            context = _padded(context // 2)
    fitting = config.cache_bytes // (context * cell_bytes)
    slots = max(1, min(config.slots, fitting))
    return CachePlan(slots=slots, context_length=context, cache_bytes=slots * context * cell_bytes)


def _padded(tokens: int) -> int:
    """Round up to what llama.cpp would make of it."""
    return -(-tokens // CELL_PADDING) * CELL_PADDING
