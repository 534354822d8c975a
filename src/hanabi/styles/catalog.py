"""From the style's name in a conversation config to the style."""

from collections.abc import Callable

import msgspec

from hanabi.errors import InvalidRequestError
from hanabi.styles.args import StyleArgs
from hanabi.styles.chatml import ChatML
from hanabi.styles.style import Style


class _Entry(msgspec.Struct, frozen=True):
    """How a style is made, and the args that it takes; the others would do nothing."""

    make: Callable[[StyleArgs], Style]
    takes: frozenset[str]


def _chatml(args: StyleArgs) -> Style:
    return ChatML() if args.system is None else ChatML(system=args.system)


_STYLES = {
    ChatML.name: _Entry(_chatml, takes=frozenset({"system"})),
}


def style_names() -> tuple[str, ...]:
    """The names of all styles, sorted."""
    return tuple(sorted(_STYLES))


def make_style(name: str, args: StyleArgs) -> Style:
    """Make the style `name` with `args`.

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
    return entry.make(args)
