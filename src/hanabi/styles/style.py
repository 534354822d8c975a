"""What a conversation style is: prompt segments in, no tokenizer, no model."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message


class Text(msgspec.Struct, frozen=True):
    """Plain text, from a user or of the template; never parsed for control tokens.

    Attributes:
        text: the characters; texts that touch are tokenized as one.
        spaced: whether a tokenizer that puts a space before a text (SentencePiece) does so here.
    """

    text: str
    spaced: bool = True


class Control(msgspec.Struct, frozen=True):
    """A control token by its spelling (`<|im_start|>`).

    An id where the vocabulary has it, else its spelling as plain text.
    """

    token: str


class Bos(msgspec.Struct, frozen=True):
    """The model's beginning-of-sequence token, wherever the style wants one."""


class Eos(msgspec.Struct, frozen=True):
    """The model's end-of-sequence token."""


Segment = Text | Control | Bos | Eos


class Style(Protocol):
    """A conversation style.

    Attributes:
        name: as it stands in fireworks.json (`chatml`).
        stop_tokens: spellings of the control tokens that end a reply besides the model's own
            end ids.
        continues_text: True when the reply goes on with the text of the prompt (infill,
            passthrough), False when it is a text of its own, whose leading SentencePiece space is
            no part of it.
        emits_bos: True when `render` places `Bos` itself, so that the model's BOS rule does not.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - told above

    @property
    def stop_tokens(self) -> tuple[str, ...]: ...  # noqa: D102 - told above

    @property
    def continues_text(self) -> bool: ...  # noqa: D102 - told above

    @property
    def emits_bos(self) -> bool: ...  # noqa: D102 - told above

    def render(self, messages: Sequence[Message], tokens: ControlTokens, /) -> tuple[Segment, ...]:
        """Turn a conversation into the segments of its prompt, for weights with these tokens.

        May take long (a template runs for up to its time limit): call it off the event loop.
        Raises InvalidRequestError naming the rule and the message (`messages[2].role`).
        """
        ...
