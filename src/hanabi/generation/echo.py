"""The prompt, shown again before the generated text."""

from collections.abc import Sequence

import msgspec

from hanabi.generation.detokenizer import Detokenizer
from hanabi.generation.rows import text_row
from hanabi.generation.text import PreparedPrompt, TextRow
from hanabi.generation.vocab import Vocab
from hanabi.sampling.row import Row


class Echo(msgspec.Struct, frozen=True):
    """What the first event of each choice of a prompt carries.

    Attributes:
        text: the prompt, or what its last tokens spell.
        token_ids: the tokens that are shown.
        pieces: for each of them the bytes it has in `text`.
    """

    text: str
    token_ids: tuple[int, ...]
    pieces: tuple[bytes, ...]

    def rows(self, rows: Sequence[Row], vocab: Vocab) -> tuple[TextRow, ...]:
        """Rows with text, from those of the whole prompt; () where none were asked for."""
        if not rows:
            return ()
        shown: list[TextRow] = []
        detokenizer = Detokenizer()
        last_rows = rows[len(rows) - len(self.token_ids) :]
        for token, piece, row in zip(self.token_ids, self.pieces, last_rows, strict=True):
            offset = min(detokenizer.offset_of(piece), len(self.text))
            shown.append(text_row(token, row, offset, vocab))
            detokenizer.add(piece)
        return tuple(shown)


def echo(prompt: PreparedPrompt, vocab: Vocab, last: int | None = None) -> Echo:
    """The echo of a prompt, or of its `last` tokens only.

    A part of the prompt is the text that its own tokens spell; a character that the cut goes
    through shows as U+FFFD.
    """
    pieces = visible_pieces(prompt, vocab)
    if last is None or last >= len(pieces):
        return Echo(prompt.text, prompt.ids, pieces)
    first = len(pieces) - last
    text = b"".join(pieces[first:]).decode("utf-8", "replace")
    return Echo(text, prompt.ids[first:], pieces[first:])


def visible_pieces(prompt: PreparedPrompt, vocab: Vocab) -> tuple[bytes, ...]:
    """For each prompt token the bytes that it has in the prompt's text.

    That is its piece, except for what the tokenizer put there by itself and nobody wrote: the
    model's BOS, and SentencePiece's space before a text.
    """
    pieces = tuple([vocab.pieces[token] for token in prompt.ids])
    if b"".join(pieces).decode("utf-8", "replace") == prompt.text:
        return pieces
    control = frozenset(vocab.special.values())
    written = prompt.text.encode()
    visible: list[bytes] = []
    position = 0
    for token, piece in zip(prompt.ids, pieces, strict=True):
        shown = piece
        if not written.startswith(piece, position):
            shown = b"" if token in control else piece.removeprefix(b" ")
        visible.append(shown)
        position += len(shown)
    return tuple(visible)
