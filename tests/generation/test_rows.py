"""Rows say what their tokens are, in text, ids and bytes."""

import pytest

from hanabi.generation.rows import text_row, token_text
from hanabi.generation.text import TextRow, TopToken
from hanabi.sampling.row import Row


@pytest.mark.parametrize(
    ("piece", "text"),
    [
        (b" Hello", " Hello"),
        ("日本".encode(), "日本"),
        (b"", ""),
        (b"\xe2\x9c", r"bytes:\xe2\x9c"),
        (b" \xf0\x9f", r"bytes:\x20\xf0\x9f"),
        (b"\x93!", r"bytes:\x93\x21"),
    ],
)
def test_a_token_is_text_or_its_bytes(piece, text):
    assert token_text(piece) == text


def test_a_row_names_every_token_and_keeps_the_floats(tools):
    row = Row(-0.1, ((tools.EOS, -0.1), (tools.UNFINISHED, -2.5)), -0.3)
    assert text_row(tools.EOS, row, 7, tools.vocab()) == TextRow(
        token="</s>",
        token_id=tools.EOS,
        token_bytes=b"</s>",
        logprob=-0.1,
        sampling_logprob=-0.3,
        text_offset=7,
        top=(
            TopToken("</s>", tools.EOS, b"</s>", -0.1),
            TopToken(r"bytes:\xe2\x9c", tools.UNFINISHED, b"\xe2\x9c", -2.5),
        ),
    )
