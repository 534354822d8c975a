"""The completions route's request."""

from typing import Annotated, Any

from msgspec import Meta

from hanabi.protocol.common import GeneratingRequest, TokenId, lacking

PromptText = Annotated[str, Meta(min_length=1)]
PromptIds = Annotated[list[TokenId], Meta(min_length=1)]


class CompletionRequest(GeneratingRequest, frozen=True, kw_only=True):
    """Text after a prompt."""

    prompt: Annotated[
        PromptText | Annotated[list[PromptText | TokenId | PromptIds], Meta(min_length=1)],
        Meta(
            description="A text, a list of texts, one prompt as token ids, or a list of prompts as"
            " token ids; a list holds one kind only. Token ids are used as they are: no"
            " beginning-of-sequence token is added."
        ),
    ]

    best_of: Annotated[Any, lacking(1)] = None
    suffix: Annotated[Any, lacking("")] = None
