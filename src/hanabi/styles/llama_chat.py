r"""Llama 2 Chat.

    <s>[INST] <<SYS>>
    You are a pirate.
    <</SYS>>

    Hello, what is your name? [/INST] Arr, I be Jack. </s><s>[INST] Say it again. [/INST]

`<s>` and `</s>` are BOS and EOS around each pair, and the line break between the lines of a block
is `\n`. Source: `chat_completion` in generation.py of Meta's Llama 2, which the styles page names;
api.md section 1.2 where the two differ (one paragraph of default prompt, and no empty block).
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.roles import split_turns
from hanabi.styles.style import Bos, Eos, Segment, Text


class LlamaChat(msgspec.Struct, frozen=True):
    """The style `llama-chat`.

    Attributes:
        system: the system prompt of a conversation that brings none; "" omits the block.
        keep_leading_spaces: whether white space in front of a content stays.
    """

    name: ClassVar[str] = "llama-chat"
    stop_tokens: ClassVar[tuple[str, ...]] = ()
    continues_text: ClassVar[bool] = False
    emits_bos: ClassVar[bool] = True

    system: str = (
        "You are a helpful, respectful and honest assistant. Always answer as helpfully as "
        "possible, while being safe. Your answers should not include any harmful, unethical, "
        "racist, sexist, toxic, dangerous, or illegal content. Please ensure that your responses "
        "are socially unbiased and positive in nature."
    )
    keep_leading_spaces: bool = False

    def render(self, messages: Sequence[Message], _tokens: ControlTokens, /) -> tuple[Segment, ...]:
        """Put the system prompt into the first message, and BOS and EOS around every pair.

        The block comes before the stripping, so with a system prompt the first message keeps its
        leading white space. Raises InvalidRequestError for roles out of turn.
        """
        conversation = split_turns(messages)
        system = self.system if conversation.system is None else conversation.system
        contents = [turn.content for turn in conversation.turns]
        if system:
            contents[0] = f"<<SYS>>\n{system}\n<</SYS>>\n\n{contents[0]}"
        *past, last = (self._stripped(content) for content in contents)
        segments: list[Segment] = []
        for user, assistant in zip(past[::2], past[1::2], strict=True):
            segments += Bos(), Text(f"[INST] {user} [/INST] {assistant} "), Eos()
        return (*segments, Bos(), Text(f"[INST] {last} [/INST]"))

    def _stripped(self, content: str) -> str:
        return content.rstrip() if self.keep_leading_spaces else content.strip()
