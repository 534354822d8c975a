"""The one message is the prompt, as it is: completions by way of chat completions."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.roles import check_count
from hanabi.styles.style import Segment, Text


class Passthrough(msgspec.Struct, frozen=True):
    """The style `passthrough`."""

    name: ClassVar[str] = "passthrough"
    stop_tokens: ClassVar[tuple[str, ...]] = ()
    continues_text: ClassVar[bool] = True
    emits_bos: ClassVar[bool] = False

    def render(self, messages: Sequence[Message], _tokens: ControlTokens, /) -> tuple[Segment, ...]:
        """Give the message's content; its role and name mean nothing.

        Raises InvalidRequestError for any other number of messages.
        """
        check_count(messages, 1, self.name)
        return (Text(messages[0].content),)
