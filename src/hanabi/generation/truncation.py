"""Makes a conversation fit a length by leaving out its oldest messages."""

import asyncio

from hanabi.generation.backend import Backend
from hanabi.generation.prompt import prepare_segments
from hanabi.generation.text import Conversation, PreparedPrompt
from hanabi.styles.message import Message
from hanabi.styles.style import Style


async def prepare_conversation(
    conversation: Conversation, style: Style, backend: Backend
) -> PreparedPrompt:
    """Render and tokenize a conversation; evict its oldest turns where it asks for that.

    A turn is a user message and its reply, so that the roles still take turns. What stays in any
    case is the system message in front and the last message: where these alone are longer than
    `truncate_to` they are the prompt, and only the context's length stands against them.

    The fewest turns that make it fit are found by bisection: at most 2 + log2(turns) calls of the
    tokenizer.
    """
    tokens = backend.vocab.control_tokens

    async def prepared(evicted: int) -> PreparedPrompt:
        messages = without_oldest(conversation.messages, evicted)
        # Off the event loop: a template may run for up to its time limit.
        segments = await asyncio.to_thread(style.render, messages, tokens)
        return await prepare_segments(segments, style, backend)

    prompt = await prepared(0)
    limit = conversation.truncate_to
    too_few, enough = 0, evictable_turns(conversation.messages)
    if limit is None or len(prompt.ids) <= limit or enough == 0:
        return prompt
    prompt = await prepared(enough)
    while enough - too_few > 1 and len(prompt.ids) <= limit:
        middle = (too_few + enough) // 2
        candidate = await prepared(middle)
        if len(candidate.ids) <= limit:
            prompt, enough = candidate, middle
        else:
            too_few = middle
    return prompt


def evictable_turns(messages: tuple[Message, ...]) -> int:
    """How many turns may be left out: all between the system message and the last message."""
    return max(0, (len(messages) - _system_messages(messages) - 1) // 2)


def without_oldest(messages: tuple[Message, ...], turns: int) -> tuple[Message, ...]:
    """The conversation without its oldest turns of two messages each."""
    system = _system_messages(messages)
    return messages[:system] + messages[system + 2 * turns :]


def _system_messages(messages: tuple[Message, ...]) -> int:
    """How many messages in front are system messages."""
    for count, message in enumerate(messages):
        if message.role != "system":
            return count
    return len(messages)
