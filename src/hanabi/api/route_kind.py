"""What tells one generating route from another, as data."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from hanabi.accounts.account import Account
from hanabi.api.frames import Shape
from hanabi.generation.fold import FoldedChoice
from hanabi.generation.text import TextRequest


class RouteKind(Struct, frozen=True, kw_only=True):
    """A generating route.

    Attributes:
        name: its path below the version, and its name in the metrics.
        wire_type: what its body is decoded into.
        text_request: the decoded body and the account to the service's request.
        shape: how its chunks look.
        reply: makes the reply that is not streamed, a Completion or a ChatCompletion.
        choice: a folded choice, its logprobs and its further keys to a choice of that reply.
    """

    name: str
    wire_type: type[Any]
    text_request: Callable[[Any, Account], TextRequest]
    shape: Shape
    reply: Callable[..., Struct]
    choice: Callable[[FoldedChoice, Any, dict[str, Any]], Struct]
