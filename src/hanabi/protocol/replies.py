"""Replies of the generating routes (api.md, sections 2.3 and 2.4). A key that is unset is absent.

Nothing but `logprobs` and `finish_reason` is ever null: old clients refuse keys they do not know,
even when null.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from hanabi.protocol.logprobs import Logprobs, NewLogprobs

FinishReason = Literal["stop", "length"]


class UsageBody(Struct, frozen=True):
    """Tokens: of each prompt once, and of all choices together, end tokens included."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class PerfMetrics(Struct, frozen=True, rename="kebab"):
    """Token counts, and times in seconds, of one request."""

    prompt_tokens: int
    cached_prompt_tokens: int
    server_time_to_first_token: float | UnsetType = UNSET
    server_processing_time: float | UnsetType = UNSET


class RawOutput(Struct, frozen=True):
    """What the model read and wrote.

    Attributes:
        prompt_fragments: texts and single token ids that the prompt was made of.
        prompt_token_ids: the prompt as the model read it.
        completion: the text of the choice (with echo: the prompt's text first).
        completion_token_ids: its ids (with echo: the prompt's first).
        completion_logprobs: its rows in the new form, when logprobs were asked for.
    """

    prompt_fragments: list[str | int]
    prompt_token_ids: list[int]
    completion: str
    completion_token_ids: list[int]
    completion_logprobs: NewLogprobs | UnsetType = UNSET


class CompletionChoice(Struct, frozen=True, kw_only=True):
    """One text; in a stream, one piece of it."""

    index: int
    text: str
    logprobs: Logprobs = None
    finish_reason: FinishReason | None = None
    raw_output: RawOutput | UnsetType = UNSET
    token_ids: list[int] | UnsetType = UNSET
    prompt_token_ids: list[int] | UnsetType = UNSET


class Completion(Struct, frozen=True, kw_only=True):
    """The completions route's reply, and each chunk of its stream."""

    id: str
    object: Literal["text_completion"] = "text_completion"
    created: int
    model: str
    choices: list[CompletionChoice]
    usage: UsageBody | UnsetType = UNSET
    perf_metrics: PerfMetrics | UnsetType = UNSET


class AssistantMessage(Struct, frozen=True, kw_only=True):
    """The generated message."""

    role: Literal["assistant"] = "assistant"
    content: str


class ChatChoice(Struct, frozen=True, kw_only=True):
    """One message that was generated."""

    index: int
    message: AssistantMessage
    logprobs: Logprobs = UNSET
    finish_reason: FinishReason | None
    raw_output: RawOutput | UnsetType = UNSET
    token_ids: list[int] | UnsetType = UNSET
    prompt_token_ids: list[int] | UnsetType = UNSET


class ChatCompletion(Struct, frozen=True, kw_only=True):
    """The chat completions route's reply."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: UsageBody | UnsetType = UNSET
    perf_metrics: PerfMetrics | UnsetType = UNSET


class Delta(Struct, frozen=True, kw_only=True):
    """What a chunk adds to a message: first its role, then content, at last nothing."""

    role: Literal["assistant"] | UnsetType = UNSET
    content: str | UnsetType = UNSET


class ChatChunkChoice(Struct, frozen=True, kw_only=True):
    """One piece of a message."""

    index: int
    delta: Delta
    logprobs: Logprobs = UNSET
    finish_reason: FinishReason | None
    raw_output: RawOutput | UnsetType = UNSET
    token_ids: list[int] | UnsetType = UNSET
    prompt_token_ids: list[int] | UnsetType = UNSET


class ChatChunk(Struct, frozen=True, kw_only=True):
    """Each chunk of a chat completion's stream."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[ChatChunkChoice]
    usage: UsageBody | UnsetType = UNSET
    perf_metrics: PerfMetrics | UnsetType = UNSET


class ErrorBody(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong (api.md, section 2.5)."""

    object: Literal["error"] | UnsetType = UNSET
    type: str
    code: str | UnsetType = UNSET
    message: str
    param: str | UnsetType | None = UNSET


class NoRouteReply(Struct, frozen=True):
    """The body of a reply at an address where nothing is, or that has no such method.

    Attributes:
        detail: the reason phrase of the status.
    """

    detail: str


class ErrorReply(Struct, frozen=True, kw_only=True):
    """The body of every reply whose status is 400 or more."""

    error: ErrorBody
    request_id: str | UnsetType = UNSET
