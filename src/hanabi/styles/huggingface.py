"""The style `huggingface`: the template that the weights carry."""

from collections.abc import Sequence
from typing import ClassVar

from hanabi.errors import InvalidRequestError
from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.style import Segment
from hanabi.styles.template.style import TemplateStyle


class HuggingFace(TemplateStyle, frozen=True, kw_only=True):
    """The style `huggingface`."""

    name: ClassVar[str] = "huggingface"

    def render(self, messages: Sequence[Message], tokens: ControlTokens, /) -> tuple[Segment, ...]:
        """Render the weights' template; see TemplateStyle. Weights without one are refused."""
        if tokens.chat_template is None:
            raise InvalidRequestError(
                "model: its style 'huggingface' uses the chat template that the weights carry, "
                "and these carry none; create a model of them with another style, or with 'jinja' "
                "and args.template",
                param="model",
            )
        return self._render(tokens.chat_template, messages, tokens)
