"""The chat completions route: its request, and the shape of its reply."""

from typing import Any

from msgspec import UNSET, Struct

from hanabi.accounts.account import Account
from hanabi.api.frames import Shape
from hanabi.api.lacking import check_lacking
from hanabi.api.route_kind import RouteKind
from hanabi.api.text_request import text_request
from hanabi.generation.fold import FoldedChoice
from hanabi.generation.text import Conversation, TextRequest
from hanabi.protocol.chat import ChatMessage, ChatRequest
from hanabi.protocol.replies import AssistantMessage, ChatChoice, ChatCompletion
from hanabi.styles.message import Message

DEFAULT_MAX_TOKENS = 2048


def chat_text_request(wire: ChatRequest, account: Account) -> TextRequest:
    """The service's request for the next message of a conversation."""
    for index, message in enumerate(wire.messages):
        check_lacking(message, f"messages[{index}]")
    source = Conversation(
        tuple(_message(message) for message in wire.messages), wire.prompt_truncate_len
    )
    return text_request(wire, source, fallback=DEFAULT_MAX_TOKENS, account=account)


def chat_choice(choice: FoldedChoice, logprobs: Any, extras: dict[str, Any]) -> Struct:
    """A choice of the reply that is not streamed; without logprobs unless they were asked for."""
    return ChatChoice(
        index=choice.index,
        message=AssistantMessage(content=choice.text),
        logprobs=UNSET if logprobs is None else logprobs,
        finish_reason=choice.finish_reason,
        **extras,
    )


def _message(message: ChatMessage) -> Message:
    content = message.content
    text = content if isinstance(content, str) else "".join(part.text for part in content)
    return Message(message.role, text, message.name)


CHAT = RouteKind(
    name="chat/completions",
    wire_type=ChatRequest,
    text_request=chat_text_request,
    shape=Shape(
        object="chat.completion.chunk",
        opening=b'"delta":{"role":"assistant"}',
        before_text=b'"delta":{"content":',
        after_text=b"}",
        no_text=b'"delta":{}',
        no_logprobs=b"",
    ),
    reply=ChatCompletion,
    choice=chat_choice,
)
