"""What a conversation config may set about its style: `conversation_config.args`."""

import msgspec


class SpecialTokens(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Spellings that a template uses in place of the weights' own; None is the weights' own."""

    bos_token: str | None = None
    eos_token: str | None = None
    unk_token: str | None = None


class StyleArgs(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """The `args` object of a conversation config (api.md, section 1.1); None is unset.

    Attributes:
        system: replaces the style's default system prompt; "" omits it.
        template: the Jinja text of a style that renders one.
        special_tokens_map: token spellings for that template.
        keep_leading_spaces: whether a content's leading spaces survive a style that strips them.
    """

    system: str | None = None
    template: str | None = None
    special_tokens_map: SpecialTokens | None = None
    keep_leading_spaces: bool | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """The names of the args that are set."""
        return tuple(name for name in self.__struct_fields__ if getattr(self, name) is not None)
