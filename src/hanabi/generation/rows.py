"""Logprob rows with the text of their tokens."""

from hanabi.generation.text import TextRow, TopToken
from hanabi.generation.vocab import Vocab
from hanabi.sampling.row import Row


def token_text(piece: bytes) -> str:
    r"""A token as text: itself, or `bytes:\xe2\x9c` where its bytes are no whole characters."""
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in piece)


def text_row(token: int, row: Row, offset: int, vocab: Vocab) -> TextRow:
    """The row of `token`, whose text begins at character `offset` of the choice's text."""
    pieces = vocab.pieces
    piece = pieces[token]
    return TextRow(
        token_text(piece),
        token,
        piece,
        row.logprob,
        row.sampling_logprob,
        offset,
        tuple(
            [
                TopToken(token_text(pieces[top]), top, pieces[top], logprob)
                for top, logprob in row.top
            ]
        ),
    )
