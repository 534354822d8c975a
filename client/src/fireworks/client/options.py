"""The options of a request, each told once; type checkers and editors know them by name.

An option that is left out or None is the model's default. What another server of this API has
beyond these goes into `extra_body`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from fireworks.client.api import ChatMessage

Prompt = str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]]
"""A text, several texts, one prompt as token ids, or several as token ids."""

Messages = Sequence[Mapping[str, Any] | ChatMessage]
"""Each with `role` and `content`; messages of replies among them are sent back as they came."""


class StreamOptions(TypedDict, total=False):
    """What a stream carries beside its text.

    Attributes:
        include_usage: state the usage in one last chunk, whose choices are empty.
    """

    include_usage: bool


class CallOptions(TypedDict, total=False):
    """How a request is sent; nothing of this is part of its body.

    Attributes:
        timeout: seconds without a byte after which it fails; connecting takes at most 5 of them.
        request_timeout: the early client's name of `timeout`.
        extra_headers: headers beside, or instead of, the client's own.
        extra_body: fields beside, or instead of, those that the other options make.
    """

    timeout: float | None
    request_timeout: float | None
    extra_headers: Mapping[str, str] | None
    extra_body: Mapping[str, Any] | None


class GenerationOptions(CallOptions, total=False):
    """What both generating routes take.

    Attributes:
        max_tokens: the most tokens to generate for a choice; 0 only scores the prompt.
        max_completion_tokens: another name of max_tokens; give one of the two.
        n: choices for each prompt, 1 to 128.
        stop: strings that end a choice, up to 16; they are not part of its text.
        ignore_eos: keep generating past end-of-sequence tokens.
        context_length_exceeded_behavior: when prompt and max_tokens exceed the context together:
            lower max_tokens (`truncate`, the default), or refuse (`error`).
        temperature: 0 to 2; 0 always takes the most likely token.
        top_p: nucleus sampling: the probability mass that is kept, 0 to 1; 1 is off.
        top_k: how many of the most likely tokens are kept; 0 is off.
        min_p: a token's least probability as a share of the greatest, 0 to 1; 0 is off.
        typical_p: locally typical sampling: the mass that is kept, 0 to 1; 1 is off.
        frequency_penalty: -2 to 2; subtracted times the count of a token sampled so far.
        presence_penalty: -2 to 2; subtracted once from every token that was sampled before.
        repetition_penalty: over 0, to 2; multiplicative, over prompt and output; 1 is off.
        logit_bias: token id to a number from -100 to 100 that is added to its logit.
        mirostat_target: the surprise in bits that mirostat aims at; off when left out.
        mirostat_lr: mirostat's learning rate, 0 to 1.
        seed: makes the request repeatable.
        stream_options: what a stream carries beside its text.
        logprobs: a number up to 20: that many alternatives for each token, as LogProbs;
            True: NewLogProbs, with as many as `top_logprobs` says.
        top_logprobs: alternatives for each token, 0 to 20.
        echo: return the prompt before the text.
        echo_last: return the last N tokens of the prompt before the text.
        raw_output: show what the model read and wrote, in each choice.
        return_token_ids: add the token ids of prompt and text to each choice.
        perf_metrics_in_response: add token counts and times to the reply.
        user: a label.
        metadata: labels.
        service_tier: a label.
        prompt_cache_key: a label.
    """

    max_tokens: int | None
    max_completion_tokens: int | None
    n: int | None
    stop: str | Sequence[str] | None
    ignore_eos: bool | None
    context_length_exceeded_behavior: Literal["truncate", "error"] | None
    temperature: float | None
    top_p: float | None
    top_k: int | None
    min_p: float | None
    typical_p: float | None
    frequency_penalty: float | None
    presence_penalty: float | None
    repetition_penalty: float | None
    logit_bias: Mapping[int, float] | Mapping[str, float] | None
    mirostat_target: float | None
    mirostat_lr: float | None
    seed: int | None
    stream_options: StreamOptions | None
    logprobs: bool | int | None
    top_logprobs: int | None
    echo: bool | None
    echo_last: int | None
    raw_output: bool | None
    return_token_ids: bool | None
    perf_metrics_in_response: bool | None
    user: str | None
    metadata: Mapping[str, Any] | str | None
    service_tier: str | None
    prompt_cache_key: str | None


class ChatOptions(GenerationOptions, total=False):
    """What chat completions take beyond that.

    Attributes:
        prompt_truncate_len: leave out the oldest user and assistant messages until the prompt has
            at most this many tokens.
    """

    prompt_truncate_len: int | None
