"""From the style's name in a conversation config to the style."""

from collections.abc import Callable
from typing import Any

import msgspec

from hanabi.errors import InvalidRequestError
from hanabi.styles.alpaca import Alpaca
from hanabi.styles.args import StyleArgs
from hanabi.styles.chatml import ChatML
from hanabi.styles.huggingface import HuggingFace
from hanabi.styles.jinja import Jinja
from hanabi.styles.llama_chat import LlamaChat
from hanabi.styles.llama_infill import LlamaInfill
from hanabi.styles.mistral_chat import MistralChat
from hanabi.styles.passthrough import Passthrough
from hanabi.styles.style import Style
from hanabi.styles.template.processes import RenderTemplate, render_once
from hanabi.styles.template.style import TemplateStyle
from hanabi.styles.vicuna import Vicuna


class _Entry(msgspec.Struct, frozen=True):
    """How a style is made, and the args that it takes; the others would do nothing."""

    make: Callable[[StyleArgs], Style]
    takes: frozenset[str]


def _static(style: Callable[..., Style], *takes: str) -> _Entry:
    """The entry of a style whose fields are the args that it takes."""

    def make(args: StyleArgs) -> Style:
        return style(**{name: getattr(args, name) for name in args.given})

    return _Entry(make, takes=frozenset(takes))


def _jinja(*, template: str | None = None, **args: Any) -> Jinja:
    if template is None:
        raise InvalidRequestError(
            "conversation_config.args.template: the style 'jinja' needs a template, none given",
            param="conversation_config.args.template",
        )
    return Jinja(template=template, **args)


_STYLES = {
    Alpaca.name: _static(Alpaca, "keep_leading_spaces"),
    ChatML.name: _static(ChatML, "system"),
    HuggingFace.name: _static(HuggingFace, "system", "special_tokens_map"),
    Jinja.name: _static(_jinja, "system", "special_tokens_map", "template"),
    LlamaChat.name: _static(LlamaChat, "system", "keep_leading_spaces"),
    LlamaInfill.name: _static(LlamaInfill),
    MistralChat.name: _static(MistralChat, "system"),
    Passthrough.name: _static(Passthrough),
    Vicuna.name: _static(Vicuna, "system"),
}


def style_names() -> tuple[str, ...]:
    """The names of all styles, sorted."""
    return tuple(sorted(_STYLES))


def make_style(name: str, args: StyleArgs, render_template: RenderTemplate = render_once) -> Style:
    """Make the style `name` with `args`.

    Args:
        name: as it stands in fireworks.json.
        args: of the conversation config.
        render_template: where the template of a style that has one is rendered.

    Raises InvalidRequestError, whose param is the key's path in fireworks.json, for an unknown
    style and for an arg that the style does not take.
    """
    entry = _STYLES.get(name)
    if entry is None:
        raise InvalidRequestError(
            f"conversation_config.style: there is no style {name!r}; "
            f"the styles are: {', '.join(style_names())}",
            param="conversation_config.style",
        )
    for arg in args.given:
        if arg not in entry.takes:
            raise InvalidRequestError(
                f"conversation_config.args.{arg}: the style {name!r} does not take it; "
                f"it takes: {', '.join(sorted(entry.takes)) or 'no args'}",
                param=f"conversation_config.args.{arg}",
            )
    style = entry.make(args)
    if isinstance(style, TemplateStyle):
        return msgspec.structs.replace(style, render_template=render_template)
    return style
