"""What llama.cpp and our kernels say of a loaded model."""

from collections.abc import Iterable

import hanabi_llama
from hanabi.engine.facts import Facts


NAMES = {
    "MUL_MAT": "products of {weights} weights",
    "MUL_MAT_ID": "products of {weights} experts",
    "FLASH_ATTN_EXT": "attention over {weights} keys",
}
"""What the library's operations are called in words."""


def facts_of(
    model: hanabi_llama.Model,
    *,
    memory: hanabi_llama.SequenceMemory,
    exact: bool,
    prefix_cache: bool,
    operations: Iterable[hanabi_llama.Seen],
) -> Facts:
    """Put together what is told of a model.

    Args:
        model: the loaded model.
        memory: what a sequence and a token take.
        exact: whether cuts of sequences change no bit.
        prefix_cache: whether sequences can be cut.
        operations: what was computed while it was tried.
    """
    return Facts(
        architecture=model.metadata().get("general.architecture", ""),
        exact=exact,
        prefix_cache=prefix_cache,
        window=model.n_swa,
        bytes_per_slot=memory.per_slot,
        bytes_per_token=memory.per_token,
        operations=_operations(model.library.own, operations),
    )


def _operations(own: hanabi_llama.OwnKernels, seen: Iterable[hanabi_llama.Seen]) -> dict[str, str]:
    """Whose kernels compute what, and why not ours, by the operation in words."""
    found: dict[str, list[str]] = {}
    for one in seen:
        whose = f"Hanabi ({own.build})" if one.is_own else f"llama.cpp ({one.reason})"
        found.setdefault(NAMES[one.operation].format(weights=one.weights), []).append(whose)
    return {name: " and ".join(sorted(set(whose))) for name, whose in found.items()}
