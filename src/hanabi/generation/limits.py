"""What a request may ask of a model at most: choices, and tokens in the context."""

from collections.abc import Sequence

from hanabi.errors import InvalidRequestError
from hanabi.generation.text import Overflow

MAX_CHOICES = 1024
"""The most choices of one request, prompts x n: each is a sequence with a state of its own."""


def check_choices(prompts: int, n: int) -> None:
    """Refuse a request for more than MAX_CHOICES choices."""
    if prompts * n > MAX_CHOICES:
        raise InvalidRequestError(
            f"prompts x n must be at most {MAX_CHOICES} choices a request: {prompts * n} "
            f"({prompts} x {n}); send fewer prompts or a smaller n",
            param="n",
        )


def check_prompt_fits(length: int, max_tokens: int, context_length: int, param: str) -> None:
    """Refuse a prompt that leaves no room for a generated token, where any is wanted."""
    limit = context_length if max_tokens == 0 else context_length - 1
    if length > limit:
        raise InvalidRequestError(
            f"The prompt is too long: {length}, model maximum context length: {limit}",
            param=param,
        )


def fit_max_tokens(
    lengths: Sequence[int], max_tokens: int, context_length: int, overflow: Overflow
) -> int:
    """The most tokens that a choice may generate, so that it stays within the context.

    Args:
        lengths: tokens of each prompt; each fits by itself.
        max_tokens: what was asked for.
        context_length: tokens of prompt and choice together.
        overflow: `truncate`: as many as fit behind the shortest prompt; a longer one's choices
            end where their own context does, so that no prompt shortens another's. `error`: a
            400 where they do not fit behind the longest.
    """
    room = context_length - max(lengths)
    if max_tokens > room and overflow == "error":
        raise InvalidRequestError(
            f"The prompt and max_tokens are too long: {max(lengths)} + {max_tokens}, "
            f"model maximum context length: {context_length}; max_tokens can be at most {room}",
            param="max_tokens",
        )
    return min(max_tokens, context_length - min(lengths))
