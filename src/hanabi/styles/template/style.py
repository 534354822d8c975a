"""What the styles `jinja` and `huggingface` share: a template makes the prompt."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from hanabi.errors import InvalidRequestError
from hanabi.styles.args import SpecialTokens
from hanabi.styles.control_tokens import ControlTokens
from hanabi.styles.message import Message
from hanabi.styles.style import Segment
from hanabi.styles.template.frames import Refused, Render
from hanabi.styles.template.guard import Guard, make_guard
from hanabi.styles.template.processes import RenderTemplate, render_once


class TemplateStyle(msgspec.Struct, frozen=True, kw_only=True):
    """A style whose prompts a Jinja template writes.

    Which roles there are and how they take turns is the template's business. It writes BOS where
    it wants one; a prompt without gets it by the model's rule.

    Attributes:
        system: the system prompt of a conversation that brings none; "" adds none.
        special_tokens_map: spellings in place of the weights' own.
        render_template: where templates run.
    """

    name: ClassVar[str]
    continues_text: ClassVar[bool] = False
    emits_bos: ClassVar[bool] = False

    system: str = ""
    special_tokens_map: SpecialTokens = SpecialTokens()
    render_template: RenderTemplate = render_once

    @property
    def stop_tokens(self) -> tuple[str, ...]:
        """The end token that the config names; the model's own end a reply in any case."""
        eos = self.special_tokens_map.eos_token
        return (eos,) if eos else ()

    def _render(
        self, template: str, messages: Sequence[Message], tokens: ControlTokens
    ) -> tuple[Segment, ...]:
        """Render `template`, and part its control tokens from what the messages say.

        Raises InvalidRequestError with the template's line, and its sentence where it has one.
        """
        if not messages:
            raise InvalidRequestError(
                "messages: at least one is needed, none given", param="messages"
            )
        if self.system and messages[0].role != "system":
            messages = (Message("system", self.system), *messages)
        spellings = self._spellings(tokens)
        guard = _guard(messages, tokens, [template, *spellings.values()])
        answer = self.render_template(
            template,
            Render(messages=[_guarded(each, guard) for each in messages], tokens=spellings),
        )
        if isinstance(answer, Refused):
            reason = str(answer).replace(guard.mark, "")
            raise InvalidRequestError(
                f"messages: the template of the style {self.name!r}: {reason}", param="messages"
            )
        return guard.cut(answer.text)

    def _spellings(self, tokens: ControlTokens) -> dict[str, str]:
        """What the template's variables for control tokens stand for."""
        given = self.special_tokens_map
        spellings = {
            "bos_token": tokens.bos if given.bos_token is None else given.bos_token,
            "eos_token": tokens.eos if given.eos_token is None else given.eos_token,
            "unk_token": given.unk_token,
        }
        return {name: spelling for name, spelling in spellings.items() if spelling is not None}


def _guard(messages: Sequence[Message], tokens: ControlTokens, others: list[str]) -> Guard:
    written = [text for each in messages for text in (each.role, each.content, each.name or "")]
    guard = make_guard(tokens.spellings, written, others)
    if guard is None:
        raise InvalidRequestError(
            "messages: must leave a noncharacter or a private-use character of planes 15 and 16 "
            "unused, but hold all of them",
            param="messages",
        )
    return guard


def _guarded(message: Message, guard: Guard) -> dict[str, str]:
    """A message as the template sees it."""
    seen = {"role": guard.role(message.role), "content": guard.content(message.content)}
    return seen if message.name is None else seen | {"name": guard.content(message.name)}
