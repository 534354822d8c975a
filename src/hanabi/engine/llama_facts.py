"""What llama.cpp and our kernels say of a loaded model."""

from collections.abc import Mapping

import hanabi_llama
from hanabi.engine.facts import Facts


def facts_of(
    model: hanabi_llama.Model,
    context: hanabi_llama.Context,
    *,
    memory: hanabi_llama.SequenceMemory,
    exact: bool,
    prefix_cache: bool,
) -> Facts:
    """Put together what is told of a model.

    Args:
        model: the loaded model.
        context: its context.
        memory: what a sequence and a token take.
        exact: whether cuts of sequences change no bit.
        prefix_cache: whether sequences can be cut.
    """
    return Facts(
        architecture=model.metadata().get("general.architecture", ""),
        exact=exact,
        prefix_cache=prefix_cache,
        window=model.n_swa,
        bytes_per_slot=memory.per_slot,
        bytes_per_token=memory.per_token,
        operations=_operations(model, context, has_attention=memory.per_token > 0),
    )


def _operations(
    model: hanabi_llama.Model, context: hanabi_llama.Context, *, has_attention: bool
) -> Mapping[str, str]:
    """Whose kernels compute what."""
    own = model.library.own
    theirs, ours = "llama.cpp", f"Hanabi ({own.build})"
    products = f"{ours} for the number formats that they know, else {theirs}"
    operations = {"products of matrices": products if "matmul" in own.in_use else theirs}
    if has_attention:
        operations["attention"] = ours if context.has_own_attention else theirs
    return operations
