"""What a style may know of the weights: the spellings of their control tokens."""

from collections.abc import Collection

import msgspec


class ControlTokens(msgspec.Struct, frozen=True, kw_only=True):
    """The control tokens of a model by their spellings, and the template that it carries.

    Attributes:
        spellings: every control token (`<|im_start|>`, `</s>`).
        bos: the beginning-of-sequence token, or None.
        eos: the end-of-sequence token, or None.
        chat_template: the Jinja text in the weights, or None.
    """

    spellings: Collection[str] = frozenset()
    bos: str | None = None
    eos: str | None = None
    chat_template: str | None = None
