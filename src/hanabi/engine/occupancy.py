"""How full an engine is, as it tells with every step."""

import msgspec


class Occupancy(msgspec.Struct, frozen=True, array_like=True):
    """What is under way in an engine process.

    Attributes:
        running: sequences that have a slot, those included whose prompt is being computed.
        waiting: prompts and sequences that wait for one.
        held_tokens: tokens that the KV cache holds for those that run.
    """

    running: int = 0
    waiting: int = 0
    held_tokens: int = 0
