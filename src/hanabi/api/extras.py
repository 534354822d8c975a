"""The keys that a choice has only when the request asks for them."""

from collections.abc import Sequence

from msgspec import UNSET

from hanabi.api.logprobs import new_logprobs
from hanabi.generation.text import PreparedPrompt, TextRow
from hanabi.protocol.replies import RawOutput


def raw_output(
    prompt: PreparedPrompt, text: str, token_ids: Sequence[int], rows: Sequence[TextRow]
) -> RawOutput:
    """What the model read and wrote for one choice; `rows` is empty without logprobs."""
    return RawOutput(
        prompt_fragments=list(prompt.fragments),
        prompt_token_ids=list(prompt.ids),
        completion=text,
        completion_token_ids=list(token_ids),
        completion_logprobs=new_logprobs(rows) if rows else UNSET,
    )
