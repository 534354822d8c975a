"""The tokenizer routes on the wire; the names are those that evaluators know from vLLM."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from hanabi.protocol.common import TokenId


class TokenizeRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Turn a text into token ids."""

    model: Annotated[str, Meta(min_length=1, max_length=512)]
    prompt: str
    add_special_tokens: Annotated[
        bool | None,
        Meta(description="Add what a completion would add before it: BOS, where the model has it."),
    ] = None
    return_token_strs: Annotated[
        bool | None, Meta(description="Return the text of each token beside its id.")
    ] = None


class TokenizeReply(Struct, frozen=True, kw_only=True):
    """The ids of a text, in order.

    Attributes:
        count: how many there are.
        max_model_len: the most tokens, prompt and generated, that the model can hold.
        tokens: the ids.
        token_strs: the text of each, when asked for.
    """

    count: int
    max_model_len: int
    tokens: list[int]
    token_strs: list[str] | UnsetType = UNSET


class DetokenizeRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Turn token ids into a text."""

    model: Annotated[str, Meta(min_length=1, max_length=512)]
    tokens: list[TokenId]


class DetokenizeReply(Struct, frozen=True, kw_only=True):
    """The text of the ids; bytes that are no whole character become U+FFFD."""

    prompt: str
