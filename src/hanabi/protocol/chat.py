"""The chat completions route's request."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from hanabi.protocol.common import GeneratingRequest, lacking


class TextPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of a message's content."""

    type: Literal["text"]
    text: str


class ChatMessage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message; which roles may stand where is the model's conversation style's matter."""

    role: Annotated[str, Meta(min_length=1)]
    content: Annotated[
        str | list[TextPart],
        Meta(description="Text, or text parts, which are joined without anything in between."),
    ]
    name: str | None = None

    # A reply's message may be sent back as it came, with the keys that clients add to it.
    tool_calls: Annotated[Any, lacking([])] = None
    tool_call_id: Annotated[Any, lacking()] = None
    function_call: Annotated[Any, lacking()] = None
    refusal: Annotated[Any, lacking()] = None
    annotations: Annotated[Any, lacking([])] = None
    audio: Annotated[Any, lacking()] = None
    reasoning_content: Annotated[Any, lacking("")] = None


class ChatRequest(GeneratingRequest, frozen=True, kw_only=True):
    """The next message of a conversation."""

    messages: Annotated[list[ChatMessage], Meta(min_length=1)]
    prompt_truncate_len: Annotated[
        Annotated[int, Meta(ge=1, le=2**31 - 1)] | None,
        Meta(
            description="Leave out the oldest user and assistant messages until the prompt has at"
            " most this many tokens."
        ),
    ] = None

    tools: Annotated[Any, lacking([])] = None
    tool_choice: Annotated[Any, lacking("none", "auto")] = None
    parallel_tool_calls: Annotated[Any, lacking(False, True)] = None
    functions: Annotated[Any, lacking([])] = None
    function_call: Annotated[Any, lacking("none", "auto")] = None
    store: Annotated[Any, lacking(False)] = None
    modalities: Annotated[Any, lacking(["text"])] = None
    audio: Annotated[Any, lacking()] = None
    web_search_options: Annotated[Any, lacking()] = None
    verbosity: Annotated[Any, lacking("medium")] = None
    safety_identifier: Annotated[Any, lacking()] = None
