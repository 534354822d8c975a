"""The calls of `client.tokenize` and `client.detokenize`."""

from collections.abc import Sequence

from fireworks.client.api import DetokenizeResponse, TokenizeResponse
from fireworks.client.call import Call, post


def tokenize_call(
    model: str, prompt: str, *, add_special_tokens: bool | None, return_token_strs: bool | None
) -> Call[TokenizeResponse]:
    """Ask for the ids of a text."""
    fields = {
        "model": model,
        "prompt": prompt,
        "add_special_tokens": add_special_tokens,
        "return_token_strs": return_token_strs,
    }
    return post("/tokenize", TokenizeResponse, fields)


def detokenize_call(model: str, tokens: Sequence[int]) -> Call[DetokenizeResponse]:
    """Ask for the text of ids."""
    return post("/detokenize", DetokenizeResponse, {"model": model, "tokens": list(tokens)})
