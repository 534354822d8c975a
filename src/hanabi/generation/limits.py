"""What a request may ask of a model at most: choices, and tokens in the context."""

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


def fit_max_tokens(longest: int, max_tokens: int, context_length: int, overflow: Overflow) -> int:
    """The tokens that each choice may generate, so that it stays within the context.

    One number holds for all prompts of a request: what fits behind the longest of them, whose
    length in tokens is `longest` and which must fit by itself.
    """
    room = context_length - longest
    if max_tokens <= room:
        return max_tokens
    if overflow == "error":
        raise InvalidRequestError(
            f"The prompt and max_tokens are too long: {longest} + {max_tokens}, "
            f"model maximum context length: {context_length}; max_tokens can be at most {room}",
            param="max_tokens",
        )
    return room
