"""The rules that styles share: who may speak when."""

from collections.abc import Sequence
from reprlib import repr as quoted  # a role is the client's own text: a long one is cut short
from typing import NoReturn

import msgspec

from hanabi.errors import InvalidRequestError
from hanabi.styles.message import Message


class Turns(msgspec.Struct, frozen=True):
    """A conversation that keeps the rules.

    Attributes:
        system: the system message's content; None when there is no such message.
        turns: user, assistant, user and so on; the first and the last are the user's.
    """

    system: str | None
    turns: tuple[Message, ...]


def split_turns(messages: Sequence[Message]) -> Turns:
    """Part a conversation into its system prompt and its turns.

    The rules: an optional `system` message first, then `user` and `assistant` in turn, ending in
    `user`. Raises InvalidRequestError that names the rule and the first message to break it.
    """
    if not messages:
        raise InvalidRequestError("messages: at least one is needed, none given", param="messages")
    has_system = messages[0].role == "system"
    turns = tuple(messages[1:]) if has_system else tuple(messages)
    previous = "system" if has_system else None
    for index, message in enumerate(turns, start=len(messages) - len(turns)):
        _check_turn(index, message.role, previous)
        previous = message.role
    if previous != "user":
        _refuse(len(messages) - 1, f"the last message must be of role 'user', not {previous!r}")
    return Turns(system=messages[0].content if has_system else None, turns=turns)


def check_count(messages: Sequence[Message], count: int, style: str) -> None:
    """Refuse a conversation that does not have exactly `count` messages."""
    if len(messages) < count:
        raise InvalidRequestError(
            f"messages: the style {style!r} takes exactly {count}, got {len(messages)}",
            param="messages",
        )
    if len(messages) > count:
        _refuse(count, f"the style {style!r} takes exactly {count}, got {len(messages)}")


def check_roles(messages: Sequence[Message], roles: tuple[str, ...], style: str) -> None:
    """Refuse a conversation whose messages do not have exactly these roles, in this order.

    Raises InvalidRequestError that names the rule and the first message to break it.
    """
    for index, (message, role) in enumerate(zip(messages, roles, strict=False)):
        if message.role != role:
            rule = f"the style {style!r} wants {role!r} here, not {quoted(message.role)}"
            _refuse(index, rule)
    check_count(messages, len(roles), style)


def _check_turn(index: int, role: str, previous: str | None) -> None:
    """Refuse a role that may not stand at `index`, right after the role `previous`."""
    if role not in {"system", "user", "assistant"}:
        _refuse(index, f"must be 'system', 'user' or 'assistant', not {quoted(role)}")
    if role == "system":
        _refuse(index, "role 'system' is for the first message only")
    if previous in {None, "system"} and role != "user":
        after = "the first message after 'system'" if previous else "the first message"
        _refuse(index, f"{after} must be of role 'user', not {role!r}")
    if role == previous:
        _refuse(
            index, f"role {role!r} follows role {role!r}; 'user' and 'assistant' must alternate"
        )


def _refuse(index: int, rule: str) -> NoReturn:
    place = f"messages[{index}].role"
    raise InvalidRequestError(f"{place}: {rule}", param=place)
