r"""Code Llama's infilling: what stands between a prefix and a suffix.

    <s> <PRE> def add(a, b):\n     <SUF>\n    return c <MID>

The spaces are SentencePiece's: those before the three control tokens are part of them, and the
prefix has the one that any text gets; the suffix goes without, since it begins in the middle of
a text. Source: the styles page, and `infilling_prompt_tokens` in generation.py of Meta's Code
Llama, in its order prefix, suffix, middle.
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from hanabi.errors import InvalidRequestError
from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.roles import check_roles
from hanabi.styles.style import Bos, Control, Segment, Text

_PREFIX, _SUFFIX, _MIDDLE = Control("<PRE>"), Control("<SUF>"), Control("<MID>")
_END = Control("<EOT>")


class LlamaInfill(msgspec.Struct, frozen=True):
    """The style `llama-infill`."""

    name: ClassVar[str] = "llama-infill"
    stop_tokens: ClassVar[tuple[str, ...]] = (_END.token,)
    continues_text: ClassVar[bool] = True
    emits_bos: ClassVar[bool] = True

    def render(self, messages: Sequence[Message], tokens: ControlTokens, /) -> tuple[Segment, ...]:
        """Put the prefix and the suffix behind their control tokens; the reply is the middle.

        Raises InvalidRequestError for any conversation but a prefix and a suffix, and for weights
        without these control tokens: written as text they would mean nothing to a model.
        """
        check_roles(messages, ("prefix", "suffix"), self.name)
        wanted = (_PREFIX, _SUFFIX, _MIDDLE, _END)
        missing = [control.token for control in wanted if control.token not in tokens.spellings]
        if missing:
            raise InvalidRequestError(
                f"model: the style {self.name!r} needs Code Llama's infill tokens, and these "
                f"weights have no {', '.join(missing)}; use the completions API",
                param="model",
            )
        prefix, suffix = (message.content for message in messages)
        return (Bos(), _PREFIX, Text(prefix), _SUFFIX, Text(suffix, spaced=False), _MIDDLE)
