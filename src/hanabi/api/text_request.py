"""From the wire to what the service understands; the same for completions and chat."""

from hanabi.accounts.account import Account
from hanabi.api.lacking import check_lacking
from hanabi.api.wish import alternatives
from hanabi.errors import InvalidRequestError
from hanabi.generation.text import Conversation, Prompts, TextRequest
from hanabi.protocol.common import INT32_MAX, GeneratingRequest
from hanabi.sampling.params import SamplingParams


def text_request(
    wire: GeneratingRequest, source: Prompts | Conversation, *, fallback: int, account: Account
) -> TextRequest:
    """The service's request.

    Args:
        wire: a decoded request; its fields are within their own limits.
        source: its prompts or its conversation.
        fallback: the route's own max_tokens.
        account: who asks.

    Raises InvalidRequestError for a field that this server lacks, or two that exclude each other.
    """
    check_lacking(wire)
    if wire.stream_options is not None:
        check_lacking(wire.stream_options, "stream_options")
    return TextRequest(
        model=wire.model,
        source=source,
        fallback_max_tokens=fallback,
        n=1 if wire.n is None else wire.n,
        max_tokens=_max_tokens(wire),
        sampling=_sampling(wire),
        stop=_stop(wire),
        ignore_eos=bool(wire.ignore_eos),
        logprobs=alternatives(wire),
        echo=bool(wire.echo),
        echo_last=wire.echo_last,
        overflow=wire.context_length_exceeded_behavior or "truncate",
        account=account.account,
        key=account.key_id,
        models=account.models,
    )


def _max_tokens(wire: GeneratingRequest) -> int | None:
    if wire.max_tokens is not None and wire.max_completion_tokens is not None:
        raise InvalidRequestError(
            "max_tokens and max_completion_tokens are two names of one limit, send one of them:"
            f" {wire.max_tokens} and {wire.max_completion_tokens}",
            param="max_completion_tokens",
        )
    return wire.max_completion_tokens if wire.max_tokens is None else wire.max_tokens


def _stop(wire: GeneratingRequest) -> tuple[str, ...] | None:
    if wire.stop is None:
        return None
    return (wire.stop,) if isinstance(wire.stop, str) else tuple(wire.stop)


def _sampling(wire: GeneratingRequest) -> dict[str, object]:
    """The sampling options that the request sets."""
    options = {
        name: value
        for name in SamplingParams.__struct_fields__
        if (value := getattr(wire, name)) is not None
    }
    if "top_k" in options:  # any integer is legal, and no vocabulary is greater than this
        options["top_k"] = min(options["top_k"], INT32_MAX)
    return options
