"""What the reply is to show: the fields of a request that generation need not know."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from hanabi.api.logprobs import legacy_logprobs, new_logprobs
from hanabi.errors import InvalidRequestError
from hanabi.generation.text import TextRow
from hanabi.protocol.common import GeneratingRequest
from hanabi.protocol.logprobs import LegacyLogprobs, NewLogprobs


class Wish(Struct, frozen=True, kw_only=True):
    """How one request wants its reply.

    Attributes:
        stream: as server-sent events.
        include_usage: the usage in a chunk of its own at the stream's end.
        logprobs: the form of log-probabilities, or None for none.
        raw_output: what the model read and wrote, in each choice.
        token_ids: the ids of prompt and text, in each choice.
        perf_metrics: counts and times in the body.
    """

    stream: bool = False
    include_usage: bool = False
    logprobs: Literal["legacy", "new"] | None = None
    raw_output: bool = False
    token_ids: bool = False
    perf_metrics: bool = False

    def rows(self, rows: Sequence[TextRow]) -> LegacyLogprobs | NewLogprobs | None:
        """Rows in the form that was asked for."""
        if self.logprobs is None:
            return None
        return legacy_logprobs(rows) if self.logprobs == "legacy" else new_logprobs(rows)


def wish_of(wire: GeneratingRequest) -> Wish:
    """The reply that a request asks for."""
    return Wish(
        stream=bool(wire.stream),
        include_usage=wire.stream_options is not None and bool(wire.stream_options.include_usage),
        logprobs=_form(wire),
        raw_output=bool(wire.raw_output),
        token_ids=bool(wire.return_token_ids),
        perf_metrics=bool(wire.perf_metrics_in_response),
    )


def alternatives(wire: GeneratingRequest) -> int | None:
    """How many alternatives each row has; None when no rows are asked for."""
    if _form(wire) is None:
        if wire.top_logprobs:
            raise InvalidRequestError(
                f"top_logprobs needs logprobs, which is not set: {wire.top_logprobs}",
                param="top_logprobs",
            )
        return None
    if wire.top_logprobs is not None:
        return wire.top_logprobs
    return 0 if wire.logprobs is True else wire.logprobs


def _form(wire: GeneratingRequest) -> Literal["legacy", "new"] | None:
    """True before 1: a boolean is an int in Python. A 0 asks for rows, False for none."""
    if wire.logprobs is None or wire.logprobs is False:
        return None
    return "new" if wire.logprobs is True else "legacy"
