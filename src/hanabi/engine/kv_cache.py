"""How the memory of sequences is divided: slots times context, out of a budget."""

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
        slots: sequences that can run at once, each with its own KV stream and states.
        context_length: tokens each of them can hold.
        cache_bytes: the memory that takes.
    """

    slots: int
    context_length: int
    cache_bytes: int


def plan_cache(
    config: EngineConfig, *, bytes_per_token: int, trained_context: int, bytes_per_slot: int = 0
) -> CachePlan:
    """Divide the budget: the context that was asked for, then as many slots as fit.

    A context that was asked for is kept to, whatever the budget: then at least one slot is made.
    Otherwise the context is halved, down to LEAST_CONTEXT, until WANTED_SLOTS fit.

    Args:
        config: the wishes and the budget.
        bytes_per_token: K and V of one token over all layers; 0 where no layer has attention.
        trained_context: the context that the model was trained for.
        bytes_per_slot: what a sequence takes whatever its length, the states of recurrent layers.
    """

    def fitting(context: int) -> int:
        """How many slots of this context the budget holds."""
        slot = bytes_per_slot + context * bytes_per_token
        return config.cache_bytes // slot if slot else config.slots

    trained = trained_context or DEFAULT_CONTEXT_LENGTH
    context = _padded(config.context_length or min(trained, DEFAULT_CONTEXT_LENGTH))
    wanted = min(WANTED_SLOTS, config.slots)
    if config.context_length is None and bytes_per_token:
        while fitting(context) < wanted and context // 2 >= LEAST_CONTEXT:
            context = _padded(context // 2)
    slots = max(1, min(config.slots, fitting(context)))
    return CachePlan(
        slots=slots,
        context_length=context,
        cache_bytes=slots * (bytes_per_slot + context * bytes_per_token),
    )


def _padded(tokens: int) -> int:
    """Round up to what llama.cpp would make of it."""
    return -(-tokens // CELL_PADDING) * CELL_PADDING
