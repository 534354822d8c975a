r"""ChatML, the style of SmolLM2, Qwen and many more.

    <|im_start|>system
    You are a helpful assistant.<|im_end|>
    <|im_start|>user
    Hello, what is your name?<|im_end|>
    <|im_start|>assistant

A newline follows the final `assistant`. Source: the styles page and OpenAI's ChatML description;
where they differ, api.md section 1.2 decides (every past turn is closed).
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.roles import split_turns
from hanabi.styles.style import Control, Segment, Text

_START = Control("<|im_start|>")
_END = Control("<|im_end|>")


class ChatML(msgspec.Struct, frozen=True):
    """The style `chatml`.

    Attributes:
        system: the system prompt of a conversation that brings none; "" omits the block.
    """

    name: ClassVar[str] = "chatml"
    stop_tokens: ClassVar[tuple[str, ...]] = (_END.token,)
    continues_text: ClassVar[bool] = False
    emits_bos: ClassVar[bool] = False

    system: str = "You are a helpful assistant."

    def render(self, messages: Sequence[Message], _tokens: ControlTokens, /) -> tuple[Segment, ...]:
        """Close every message with `<|im_end|>` and open the assistant's reply.

        An empty system message omits the system block. Raises InvalidRequestError for roles out
        of turn.
        """
        conversation = split_turns(messages)
        system = self.system if conversation.system is None else conversation.system
        segments: list[Segment] = []
        if system:
            segments += _block("system", system)
        for turn in conversation.turns:
            segments += _block(turn.role, turn.content)
        return (*segments, _START, Text("assistant\n"))


def _block(role: str, content: str) -> tuple[Segment, ...]:
    return (_START, Text(f"{role}\n{content}"), _END, Text("\n"))
