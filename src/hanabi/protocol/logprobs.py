"""Log-probabilities on the wire, in two forms (api.md, section 6)."""

from typing import Annotated, Any

from msgspec import Meta, Struct, UnsetType


class LegacyLogprobs(Struct, frozen=True):
    """The form for a number in `logprobs`: five arrays with one entry for each token.

    Attributes:
        tokens: each token as text.
        token_ids: its id.
        token_logprobs: its log-probability; 0.0 for a prompt's first token.
        top_logprobs: the most likely tokens at its place, most likely first.
        text_offset: index of its first character in the choice's text.
    """

    tokens: list[str]
    token_ids: list[int]
    token_logprobs: list[float]
    top_logprobs: list[dict[str, float]]
    text_offset: list[int]


class TopLogprob(Struct, frozen=True):
    """One of the most likely tokens at a place."""

    token: str
    logprob: float
    token_id: int
    bytes: list[int]


class TokenLogprob(Struct, frozen=True):
    """One token of the text.

    Attributes:
        token: the token as text.
        logprob: of the raw model distribution; 0.0 for a prompt's first token.
        sampling_logprob: of the distribution it was drawn from; left out for prompt tokens.
        bytes: the token's bytes.
        token_id: its id.
        text_offset: index of its first character in the choice's text.
        top_logprobs: the most likely tokens at its place, most likely first.
    """

    token: str
    logprob: float
    sampling_logprob: float | UnsetType
    bytes: list[int]
    token_id: int
    text_offset: int
    top_logprobs: list[TopLogprob]


class NewLogprobs(Struct, frozen=True):
    """The form for `logprobs: true`."""

    content: list[TokenLogprob]


Logprobs = Annotated[
    Any,  # LegacyLogprobs | NewLogprobs: msgspec knows no union of Structs without a tag
    Meta(
        description="Only when asked for, in the form that was asked for.",
        extra_json_schema={
            "anyOf": [
                {"$ref": f"#/components/schemas/{form.__name__}"}
                for form in (LegacyLogprobs, NewLogprobs)
            ]
            + [{"type": "null"}]
        },
    ),
]
"""The `logprobs` of a choice."""
