"""What a backend tells once about its model's tokens, so that text can be made from ids."""

import msgspec


class Vocab(msgspec.Struct, frozen=True, kw_only=True):
    """A model's vocabulary, as plain data.

    Attributes:
        pieces: id -> the bytes that the token stands for; a control token's piece is its name
            (`<|im_end|>`), which is shown in rows and echoes but never in generated text.
        special: control-token text -> id (`<|im_end|>` -> 2): only what the weights mark as
            control or unknown tokens. User text never turns into one of these.
        bos: the beginning-of-sequence id, or None.
        eos: the end-of-sequence id, or None.
        end_ids: every id that ends a generation (EOS, EOT and the like), sorted.
        add_bos: whether the model wants BOS before a string prompt.
        add_space_prefix: whether the tokenizer puts a space before a text (SentencePiece).
    """

    pieces: tuple[bytes, ...]
    special: dict[str, int]
    bos: int | None
    eos: int | None
    end_ids: tuple[int, ...]
    add_bos: bool
    add_space_prefix: bool = False

    @property
    def size(self) -> int:
        """The number of token ids; valid ids are 0 to size - 1."""
        return len(self.pieces)
