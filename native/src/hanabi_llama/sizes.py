"""The sizes that a context may have."""

from hanabi_llama.structs import MAX_SEQUENCES


def check_sizes(
    slots: int, context_length: int, batch_size: int, micro_batch: int, max_outputs: int
) -> None:
    """Raise ValueError for sizes that would trip assertions while buffers are reserved.

    The parameters are those of `Context`.
    """
    if not 1 <= slots <= MAX_SEQUENCES:
        raise ValueError(f"slots must be 1 to {MAX_SEQUENCES}; got {slots}.")
    if not 1 <= context_length <= 2**31 // slots:
        raise ValueError(
            f"context_length must be 1 to {2**31 // slots} for {slots} slots; got {context_length}."
        )
    if not slots <= batch_size <= slots * context_length:
        raise ValueError(
            f"batch_size must be at least the slots ({slots}) and at most all their tokens "
            f"({slots * context_length}); got {batch_size}."
        )
    if micro_batch < slots:
        raise ValueError(f"micro_batch must be at least the slots ({slots}); got {micro_batch}.")
    if not slots <= max_outputs <= batch_size:
        raise ValueError(
            f"max_outputs must be at least the slots ({slots}) and at most batch_size "
            f"({batch_size}); got {max_outputs}."
        )
