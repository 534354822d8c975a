"""The style `jinja`: the template stands in the conversation config."""

from collections.abc import Sequence
from typing import ClassVar

from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.style import Segment
from hanabi.styles.template.style import TemplateStyle


class Jinja(TemplateStyle, frozen=True, kw_only=True):
    """The style `jinja`.

    Attributes:
        template: the Jinja text, as transformers' `apply_chat_template` would render it.
    """

    name: ClassVar[str] = "jinja"

    template: str

    def render(self, messages: Sequence[Message], tokens: ControlTokens, /) -> tuple[Segment, ...]:
        """Render the config's template; see TemplateStyle."""
        return self._render(self.template, messages, tokens)
