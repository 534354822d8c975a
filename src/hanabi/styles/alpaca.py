"""Alpaca, the style of models that were taught to follow a single instruction.

    ### Instruction:
    Hello, what is your name?

    ### Response:

No newline follows the last line, as in Stanford's training prompt, and no preamble stands before
the first, unlike there. Source: the styles page; api.md section 1.2 where it is silent.
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.roles import check_roles
from hanabi.styles.style import Segment, Text


class Alpaca(msgspec.Struct, frozen=True):
    """The style `alpaca`.

    Attributes:
        keep_leading_spaces: whether white space in front of the instruction stays.
    """

    name: ClassVar[str] = "alpaca"
    stop_tokens: ClassVar[tuple[str, ...]] = ()
    continues_text: ClassVar[bool] = False
    emits_bos: ClassVar[bool] = False

    keep_leading_spaces: bool = False

    def render(self, messages: Sequence[Message], _tokens: ControlTokens, /) -> tuple[Segment, ...]:
        """Write the one user message as an instruction, stripped of the white space around it.

        Raises InvalidRequestError for any other conversation.
        """
        check_roles(messages, ("user",), self.name)
        content = messages[0].content
        instruction = content.rstrip() if self.keep_leading_spaces else content.strip()
        return (Text(f"### Instruction:\n{instruction}\n\n### Response:"),)
