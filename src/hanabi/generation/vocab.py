"""What a backend tells once about its model's tokens, so that text can be made from ids."""

import msgspec

from hanabi.styles.control_tokens import ControlTokens


class Vocab(msgspec.Struct, frozen=True, kw_only=True):
    """A model's vocabulary, as plain data.

    Attributes:
        pieces: id -> the bytes that the token stands for; a control token's piece is its name
            (`<|im_end|>`), which is shown in rows and echoes but never in generated text.
        special: control-token text -> id (`<|im_end|>` -> 2), without the space that SentencePiece
            may put before a name (`▁<PRE>` is `<PRE>`). User text never turns into one of these.
        bos: the beginning-of-sequence id, or None.
        eos: the end-of-sequence id, or None.
        end_ids: every id that ends a generation (EOS, EOT and the like), sorted.
        add_bos: whether the model wants BOS before a string prompt.
        add_space_prefix: whether the tokenizer puts a space before a text (SentencePiece).
        chat_template: the Jinja text that the weights carry, or None.
    """

    pieces: tuple[bytes, ...]
    special: dict[str, int]
    bos: int | None
    eos: int | None
    end_ids: tuple[int, ...]
    add_bos: bool
    add_space_prefix: bool = False
    chat_template: str | None = None

    @property
    def control_tokens(self) -> ControlTokens:
        """What a conversation style may know of them."""
        return ControlTokens(
            spellings=self.special.keys(),
            bos=self._spelled(self.bos),
            eos=self._spelled(self.eos),
            chat_template=self.chat_template,
        )

    def _spelled(self, token: int | None) -> str | None:
        return None if token is None else self.pieces[token].decode("utf-8", "replace")

    @property
    def size(self) -> int:
        """The number of token ids; valid ids are 0 to size - 1."""
        return len(self.pieces)
