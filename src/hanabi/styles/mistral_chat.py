"""Mistral 7B Instruct v0.1.

    <s>[INST] Hello, what is your name? [/INST] Arr, I be Jack.</s> [INST] Say it again. [/INST]

`<s>` and `</s>` are BOS and EOS; the space after `</s>` is the one that SentencePiece puts before a
text. Source: V1 of mistral-common, which Mistral calls the ground truth, and whose token ids these
are; the model's card shows the same without the space after `[/INST]`.
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.roles import split_turns
from hanabi.styles.style import Bos, Eos, Segment, Text


class MistralChat(msgspec.Struct, frozen=True):
    """The style `mistral-chat`.

    Attributes:
        system: the system prompt of a conversation that brings none; "" omits it.
    """

    name: ClassVar[str] = "mistral-chat"
    stop_tokens: ClassVar[tuple[str, ...]] = ()
    continues_text: ClassVar[bool] = False
    emits_bos: ClassVar[bool] = True

    system: str = ""

    def render(self, messages: Sequence[Message], _tokens: ControlTokens, /) -> tuple[Segment, ...]:
        """Put the system prompt before the first message, and EOS after every past reply.

        Nothing is stripped. Raises InvalidRequestError for roles out of turn.
        """
        conversation = split_turns(messages)
        system = self.system if conversation.system is None else conversation.system
        contents = [turn.content for turn in conversation.turns]
        if system:
            contents[0] = f"{system}\n\n{contents[0]}"
        *past, last = contents
        segments: list[Segment] = [Bos()]
        for user, assistant in zip(past[::2], past[1::2], strict=True):
            # mistral-common tokenizes a reply by itself, so SentencePiece puts a space before it;
            # an empty reply gets none.
            reply = f" {assistant}" if assistant else ""
            segments += Text(f"[INST] {user} [/INST]{reply}"), Eos()
        return (*segments, Text(f"[INST] {last} [/INST]"))
