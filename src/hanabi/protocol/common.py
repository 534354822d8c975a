"""What completions and chat share on the wire: the fields of a request (api.md, section 2.1).

Every limit stands once, here, as a Meta annotation; the 400 messages and the OpenAPI document
are both made from it. A field that is None was left out, or sent as null.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

INT32_MAX = 2**31 - 1

Count = Annotated[int, Meta(ge=0, le=INT32_MAX)]
TokenId = Annotated[int, Meta(ge=0, le=INT32_MAX)]
StopString = Annotated[str, Meta(min_length=1, max_length=1024)]


def lacking(*off: Any) -> Meta:
    """The annotation of a field that is accepted only when null or one of the `off` values."""
    return Meta(
        description="Not supported: accepted only with a value that means off.",
        extra={"off": off},
        extra_json_schema={"enum": [None, *off]},
    )


class StreamOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a stream carries beside its text."""

    include_usage: Annotated[
        bool | None,
        Meta(description="State the usage in one last chunk whose choices are empty."),
    ] = None
    include_obfuscation: Annotated[Any, lacking(False)] = None


class GeneratingRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields that completions and chat completions share."""

    model: Annotated[
        str, Meta(min_length=1, max_length=512, description="accounts/<account>/models/<model>")
    ]

    # How much, and when to stop.
    max_tokens: Annotated[
        Count | None,
        Meta(description="The most tokens to generate for a choice; 0 only scores the prompt."),
    ] = None
    max_completion_tokens: Annotated[
        Count | None, Meta(description="Another name of max_tokens; send one of the two.")
    ] = None
    n: Annotated[
        Annotated[int, Meta(ge=1, le=128)] | None,
        Meta(description="Choices for each prompt; 1 when left out."),
    ] = None
    stop: Annotated[
        StopString | Annotated[list[StopString], Meta(max_length=16)] | None,
        Meta(description="Strings that end a choice; they are not part of the returned text."),
    ] = None
    ignore_eos: Annotated[
        bool | None, Meta(description="Keep generating past end-of-sequence tokens.")
    ] = None
    context_length_exceeded_behavior: Annotated[
        Literal["truncate", "error"] | None,
        Meta(
            description="When prompt and max_tokens exceed the context together: lower max_tokens"
            " (truncate, the default) or refuse (error)."
        ),
    ] = None

    # How a token is chosen. What is left out comes from the model's defaults.
    temperature: Annotated[
        Annotated[float, Meta(ge=0, le=2)] | None,
        Meta(description="0 always takes the most likely token; 1 when left out."),
    ] = None
    top_p: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(description="Nucleus sampling: the probability mass that is kept; 1 is off."),
    ] = None
    top_k: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description="How many of the most likely tokens are kept; 0 is off."),
    ] = None
    min_p: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(description="A token's least probability as a share of the greatest; 0 is off."),
    ] = None
    typical_p: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(description="Locally typical sampling: the mass that is kept; 1 is off."),
    ] = None
    frequency_penalty: Annotated[
        Annotated[float, Meta(ge=-2, le=2)] | None,
        Meta(description="Subtracted times the count of a token among those sampled so far."),
    ] = None
    presence_penalty: Annotated[
        Annotated[float, Meta(ge=-2, le=2)] | None,
        Meta(description="Subtracted once from every token that was sampled before."),
    ] = None
    repetition_penalty: Annotated[
        Annotated[float, Meta(gt=0, le=2)] | None,
        Meta(description="Multiplicative, over prompt and output; 1 is off."),
    ] = None
    logit_bias: Annotated[
        dict[TokenId, Annotated[float, Meta(ge=-100, le=100)]] | None,
        Meta(description="Token id to a number that is added to its logit."),
    ] = None
    mirostat_target: Annotated[
        Annotated[float, Meta(ge=0, le=100)] | None,
        Meta(description="The surprise in bits that mirostat aims at; off when left out."),
    ] = None
    mirostat_lr: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(description="Mirostat's learning rate; 0.1 when left out."),
    ] = None
    seed: Annotated[
        Annotated[int, Meta(ge=0, le=2**63 - 1)] | None,
        Meta(description="Makes the request repeatable."),
    ] = None

    # What comes back.
    stream: Annotated[bool | None, Meta(description="Reply with server-sent events.")] = None
    stream_options: StreamOptions | None = None
    logprobs: Annotated[
        bool | Annotated[int, Meta(ge=0, le=20)] | None,
        Meta(
            description="A number: the legacy form with that many alternatives for each token."
            " true: the new form; top_logprobs says how many."
        ),
    ] = None
    top_logprobs: Annotated[
        Annotated[int, Meta(ge=0, le=20)] | None,
        Meta(description="Alternatives for each token, over the number in logprobs."),
    ] = None
    echo: Annotated[bool | None, Meta(description="Return the prompt before the text.")] = None
    echo_last: Annotated[
        Count | None, Meta(description="Return the last N tokens of the prompt before the text.")
    ] = None
    raw_output: Annotated[
        bool | None, Meta(description="Show what the model read and wrote, in each choice.")
    ] = None
    return_token_ids: Annotated[
        bool | None, Meta(description="Add the token ids of prompt and text to each choice.")
    ] = None
    perf_metrics_in_response: Annotated[
        bool | None, Meta(description="Add token counts and times to the reply's body.")
    ] = None

    # Labels: accepted, and not used.
    user: str | None = None
    metadata: dict[str, Any] | str | None = None
    service_tier: str | None = None
    prompt_cache_key: str | None = None

    # What others have and this server has not.
    response_format: Annotated[Any, lacking({"type": "text"})] = None
    prediction: Annotated[Any, lacking()] = None
    speculation: Annotated[Any, lacking()] = None
    reasoning_effort: Annotated[Any, lacking("none")] = None
    reasoning_history: Annotated[Any, lacking()] = None
    thinking: Annotated[Any, lacking({"type": "disabled"})] = None
    images: Annotated[Any, lacking([])] = None
    prompt_cache_isolation_key: Annotated[Any, lacking()] = None
