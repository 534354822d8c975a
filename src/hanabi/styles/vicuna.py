"""Vicuna v1.1 and later.

    A chat between ... questions. USER: Hello, what is your name? ASSISTANT: Arr, I be Jack.</s>
    USER: Say it again. ASSISTANT:

It is one line: `</s>` is EOS, and the next `USER:` stands right behind it. Source: the template
`vicuna_v1.1` of FastChat.
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.roles import split_turns
from hanabi.styles.style import Eos, Segment, Text


class Vicuna(msgspec.Struct, frozen=True):
    """The style `vicuna`.

    Attributes:
        system: the system prompt of a conversation that brings none; "" omits it.
    """

    name: ClassVar[str] = "vicuna"
    stop_tokens: ClassVar[tuple[str, ...]] = ()
    continues_text: ClassVar[bool] = False
    emits_bos: ClassVar[bool] = False

    system: str = (
        "A chat between a curious user and an artificial intelligence assistant. The assistant "
        "gives helpful, detailed, and polite answers to the user's questions."
    )

    def render(self, messages: Sequence[Message], _tokens: ControlTokens, /) -> tuple[Segment, ...]:
        """Write the speakers' names before what they say, and EOS after every past reply.

        Nothing is stripped. Raises InvalidRequestError for roles out of turn.
        """
        conversation = split_turns(messages)
        system = self.system if conversation.system is None else conversation.system
        segments: list[Segment] = [Text(f"{system} ")] if system else []
        *past, last = (turn.content for turn in conversation.turns)
        for user, assistant in zip(past[::2], past[1::2], strict=True):
            segments += Text(f"USER: {user} ASSISTANT: {assistant}"), Eos()
        return (*segments, Text(f"USER: {last} ASSISTANT:"))
