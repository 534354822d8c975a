"""The completions route: its request, and the shape of its reply."""

from typing import Any

from msgspec import Struct

from hanabi.accounts.account import Account
from hanabi.api.frames import Shape
from hanabi.api.route_kind import RouteKind
from hanabi.api.text_request import text_request
from hanabi.errors import InvalidRequestError
from hanabi.generation.fold import FoldedChoice
from hanabi.generation.text import Prompts, TextRequest
from hanabi.protocol.completions import CompletionRequest
from hanabi.protocol.replies import Completion, CompletionChoice

DEFAULT_MAX_TOKENS = 16


def completion_text_request(wire: CompletionRequest, account: Account) -> TextRequest:
    """The service's request for a completion."""
    source = Prompts(_prompts(wire.prompt))
    return text_request(wire, source, fallback=DEFAULT_MAX_TOKENS, account=account)


def completion_choice(choice: FoldedChoice, logprobs: Any, extras: dict[str, Any]) -> Struct:
    """A choice of the reply that is not streamed; its logprobs are null when not asked for."""
    return CompletionChoice(
        index=choice.index,
        text=choice.text,
        logprobs=logprobs,
        finish_reason=choice.finish_reason,
        **extras,
    )


def _prompts(prompt: str | list[Any]) -> tuple[str | tuple[int, ...], ...]:
    """The prompts, one by one; a list holds texts, or ids, or lists of ids."""
    if isinstance(prompt, str):
        return (prompt,)
    kind = type(prompt[0])
    for index, item in enumerate(prompt):
        if type(item) is not kind:
            raise InvalidRequestError(
                "prompt must hold texts, or token ids, or lists of token ids, not a mixture:"
                f" prompt[0] and prompt[{index}] differ",
                param=f"prompt[{index}]",
            )
    if kind is int:
        return (tuple(prompt),)
    return tuple(prompt) if kind is str else tuple(tuple(ids) for ids in prompt)


COMPLETIONS = RouteKind(
    name="completions",
    wire_type=CompletionRequest,
    text_request=completion_text_request,
    shape=Shape(
        object="text_completion",
        opening=None,
        before_text=b'"text":',
        after_text=b"",
        no_text=b'"text":""',
        no_logprobs=b',"logprobs":null',
    ),
    reply=Completion,
    choice=completion_choice,
)
