"""What the server replies, typed; the names are the early client's.

An attribute whose type has None is there only when the request asked for it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fireworks.client.record import Record, Reply


class UsageInfo(Record):
    """Tokens: of each prompt once, and of all choices together, end tokens included."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class PerfMetrics(Record):
    """Token counts, and times in seconds, of one request (`perf_metrics_in_response`)."""

    prompt_tokens: int
    cached_prompt_tokens: int
    server_time_to_first_token: float | None
    server_processing_time: float | None


class LogProbs(Record):
    """The form for `logprobs: N`: five lists with one entry for each token.

    Attributes:
        tokens: each token as text.
        token_ids: its id.
        token_logprobs: its log-probability; 0.0 for a prompt's first token.
        top_logprobs: the N most likely tokens at its place, most likely first.
        text_offset: index of its first character in the choice's text.
    """

    tokens: list[str]
    token_ids: list[int]
    token_logprobs: list[float]
    top_logprobs: list[dict[str, float]]
    text_offset: list[int]


class NewLogProbsContentTopLogProbs(Record):
    """One of the most likely tokens at a place."""

    token: str
    logprob: float
    token_id: int
    bytes: list[int]


class NewLogProbsContent(Record):
    """One token of the text.

    Attributes:
        token: the token as text.
        logprob: of the raw model distribution; 0.0 for a prompt's first token.
        sampling_logprob: of the distribution it was drawn from; None for prompt tokens.
        bytes: the token's bytes.
        token_id: its id.
        text_offset: index of its first character in the choice's text.
        top_logprobs: the most likely tokens at its place, most likely first.
    """

    token: str
    logprob: float
    sampling_logprob: float | None
    bytes: list[int]
    token_id: int
    text_offset: int
    top_logprobs: list[NewLogProbsContentTopLogProbs]


class NewLogProbs(Record):
    """The form for `logprobs: True`."""

    content: list[NewLogProbsContent]

    @classmethod
    def fits(cls, fields: Mapping[str, Any]) -> bool:
        """Whether the logprobs are in this form."""
        return "content" in fields


class RawOutput(Record):
    """What the model read and wrote (`raw_output`).

    Attributes:
        prompt_fragments: texts and single token ids that the prompt was made of.
        prompt_token_ids: the prompt as the model read it.
        completion: the text of the choice (with echo: the prompt's text first).
        completion_token_ids: its ids (with echo: the prompt's first).
        completion_logprobs: its rows, when logprobs were asked for.
    """

    prompt_fragments: list[str | int]
    prompt_token_ids: list[int]
    completion: str
    completion_token_ids: list[int]
    completion_logprobs: NewLogProbs | None


class _AnyChoice(Record):
    """What the choices of both routes, streamed or not, have in common.

    Attributes:
        index: its place: prompt * n + choice.
        finish_reason: `stop`, `length`; None in a chunk that is not the choice's last.
        logprobs: in the form that was asked for.
        token_ids: of the text (`return_token_ids`).
        prompt_token_ids: of the prompt (`return_token_ids`).
    """

    index: int
    finish_reason: str | None
    logprobs: NewLogProbs | LogProbs | None
    raw_output: RawOutput | None
    token_ids: list[int] | None
    prompt_token_ids: list[int] | None


class Choice(_AnyChoice):
    """One text; in a stream, one piece of it."""

    text: str


class ChatMessage(Record):
    """A generated message; it can be sent back among the `messages` of the next request."""

    role: str
    content: str


class ChatCompletionResponseChoice(_AnyChoice):
    """One message that was generated."""

    message: ChatMessage


class DeltaMessage(Record):
    """What a chunk adds to a message: first its role, then content, at last nothing."""

    role: str | None
    content: str | None


class ChatCompletionResponseStreamChoice(_AnyChoice):
    """One piece of a message."""

    delta: DeltaMessage


class _AnyCompletion(Reply):
    """What the replies of both routes have in common.

    Attributes:
        id: a UUID4.
        created: seconds since 1970.
        model: as the request named it.
        usage: None in every chunk of a stream but one of its last.
    """

    id: str
    object: str
    created: int
    model: str
    usage: UsageInfo | None
    perf_metrics: PerfMetrics | None


class CompletionResponse(_AnyCompletion):
    """The completions route's reply."""

    choices: list[Choice]


class CompletionStreamResponse(_AnyCompletion):
    """Each chunk of a completion's stream."""

    choices: list[Choice]


class ChatCompletionResponse(_AnyCompletion):
    """The chat completions route's reply."""

    choices: list[ChatCompletionResponseChoice]


class ChatCompletionStreamResponse(_AnyCompletion):
    """Each chunk of a chat completion's stream."""

    choices: list[ChatCompletionResponseStreamChoice]


class Model(Reply):
    """A model; `id` is its full name, `created` in seconds since 1970."""

    id: str
    object: str
    created: int
    owned_by: str


class ListModelsResponse(Reply):
    """The models that the key may use; iterate over it, or over its `data`."""

    object: str
    data: list[Model]

    def __iter__(self) -> Iterator[Model]:
        """Each model."""
        return iter(self.data)


class TokenizeResponse(Reply):
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
    token_strs: list[str] | None


class DetokenizeResponse(Reply):
    """The text of token ids, in `prompt`; bytes that are no whole character become U+FFFD."""

    prompt: str
