"""A Llama of random weights and a few kilobytes, as GGUF: for what needs a file that loads.

`write_tiny_llama` has a vocabulary of its own making and takes milliseconds, to write and to load;
`write_mistral_vocabulary` has the 32,000 pieces of Llama 1 and 2 and Mistral 7B v0.1, as the
package mistral-common ships them. Both tokenize as SentencePiece does, with bytes for what they
have no piece for. What they generate is noise, the same for the same seed.
"""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import gguf
import numpy as np
import sentencepiece
from gguf import TokenType

WIDTH, HEADS, LAYERS, FEED_FORWARD = 32, 2, 1, 64
TENSORS = 3 + 9 * LAYERS
UNK, BOS, EOS = range(3)
WORDS = ("he", "▁the", "▁t", "in", "er", "▁a", "▁He", "llo", "▁Hello", "[/", "INST", "▁wor", "ld")
"""Pieces that merge, the likeliest first."""

Piece = tuple[str, float, TokenType]
"""A token's spelling, score and type; U+2581 is SentencePiece's space."""

CODE_LLAMA: tuple[Piece, ...] = tuple(
    (f"▁<{text}", 0.0, TokenType.NORMAL)
    for text in ("SU", "SUF", "PRE", "M", "MID", "E", "EOT", "PRE>", "SUF>", "MID>", "EOT>")
)
"""What Code Llama has beyond Llama's 32,000 pieces, in its order: tokens for infilling.

Its files mark them as text, and pieces lead to them, so that ` <PRE>` in a text becomes the token.
"""


def write_tiny_llama(
    path: Path,
    *,
    seed: int = 0,
    context_length: int = 512,
    chat_template: str | None = None,
    add_bos: bool = True,
    extra: tuple[Piece, ...] = CODE_LLAMA,
    name: str = "tiny",
    parts: int = 1,
) -> Path:
    """Write a model of some 150 kB with some 400 tokens, and return its path.

    Args:
        path: the file to write.
        seed: of the random weights.
        context_length: the context that the file says it was trained for.
        chat_template: the Jinja text that it carries.
        add_bos: whether it asks for a BOS before a prompt.
        extra: what its vocabulary ends with.
        name: `general.name`.
        parts: into how many files it is split, 1 to 3; several get the names of parts.
    """
    leading = _leading_to([text for text, _, _ in extra])
    return _write(
        path,
        [*small_vocabulary(leading), *extra],
        seed=seed,
        context_length=context_length,
        chat_template=chat_template,
        add_bos=add_bos,
        name=name,
        parts=parts,
    )


def write_mistral_vocabulary(
    path: Path,
    *,
    seed: int = 0,
    context_length: int = 512,
    chat_template: str | None = None,
    add_bos: bool = True,
    extra: tuple[Piece, ...] = (),
    name: str = "mistral-vocabulary",
) -> Path:
    """Write a model of about 9 MB with the tokens of `sentencepiece_model`, and return its path.

    The parameters are those of `write_tiny_llama`; `extra` begins with the id 32000.
    """
    return _write(
        path,
        [*_sentencepiece_vocabulary(), *extra],
        seed=seed,
        context_length=context_length,
        chat_template=chat_template,
        add_bos=add_bos,
        name=name,
    )


def sentencepiece_model() -> Path:
    """The SentencePiece model of mistral-common's V1, which is Llama's."""
    found = find_spec("mistral_common")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "data" / "tokenizer.model.v1"


def small_vocabulary(leading: Sequence[str] = ()) -> list[Piece]:
    """The tokens of `write_tiny_llama`; `leading` are beginnings of texts that are to be pieces."""
    special = [
        ("<unk>", 0.0, TokenType.UNKNOWN),
        ("<s>", 0.0, TokenType.CONTROL),
        ("</s>", 0.0, TokenType.CONTROL),
    ]
    raw = [(f"<0x{byte:02X}>", 0.0, TokenType.BYTE) for byte in range(256)]
    characters = ["▁", *(chr(code) for code in range(0x21, 0x7F)), "é", "✓"]
    texts = dict.fromkeys((*WORDS, *_leading_to(WORDS), *leading, *characters))
    normal = [(text, -float(rank), TokenType.NORMAL) for rank, text in enumerate(texts)]
    return special + raw + normal


def _leading_to(texts: Sequence[str]) -> list[str]:
    """The beginnings of texts: merging goes pair by pair, so each has to be a piece."""
    found = {text[:end] for text in texts for end in range(2, len(text))}
    return sorted(found - set(texts))


@cache
def _sentencepiece_vocabulary() -> list[Piece]:
    model = sentencepiece.SentencePieceProcessor(model_file=str(sentencepiece_model()))

    def type_of(token: int) -> TokenType:
        if model.is_unknown(token):
            return TokenType.UNKNOWN
        if model.is_control(token):
            return TokenType.CONTROL
        return TokenType.BYTE if model.is_byte(token) else TokenType.NORMAL

    ids = range(model.vocab_size())
    return [(model.id_to_piece(id_), model.get_score(id_), type_of(id_)) for id_ in ids]


def _write(
    path: Path,
    pieces: list[Piece],
    *,
    seed: int,
    context_length: int,
    chat_template: str | None,
    add_bos: bool,
    name: str,
    parts: int = 1,
) -> Path:
    most = 0 if parts == 1 else -(-TENSORS // parts)
    writer = gguf.GGUFWriter(path, "llama", split_max_tensors=most)
    writer.add_name(name)
    writer.add_context_length(context_length)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_vocab_size(len(pieces))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text for text, _, _ in pieces])
    writer.add_token_scores([score for _, score, _ in pieces])
    writer.add_token_types([type_ for _, _, type_ in pieces])
    writer.add_unk_token_id(UNK)
    writer.add_bos_token_id(BOS)
    writer.add_eos_token_id(EOS)
    writer.add_add_bos_token(add_bos)
    if chat_template is not None:
        writer.add_chat_template(chat_template)
    _add_tensors(writer, len(pieces), np.random.default_rng(seed))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_tensors(writer: gguf.GGUFWriter, vocabulary: int, random: np.random.Generator) -> None:
    def matrix(name: str, rows: int, columns: int) -> None:
        writer.add_tensor(name, random.normal(0, 0.5, (rows, columns)).astype(np.float32))

    def norm(name: str) -> None:
        writer.add_tensor(name, np.ones(WIDTH, np.float32))

    matrix("token_embd.weight", vocabulary, WIDTH)
    norm("output_norm.weight")
    matrix("output.weight", vocabulary, WIDTH)
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        norm(f"{block}.attn_norm.weight")
        norm(f"{block}.ffn_norm.weight")
        for projection in ("attn_q", "attn_k", "attn_v", "attn_output"):
            matrix(f"{block}.{projection}.weight", WIDTH, WIDTH)
        matrix(f"{block}.ffn_gate.weight", FEED_FORWARD, WIDTH)
        matrix(f"{block}.ffn_up.weight", FEED_FORWARD, WIDTH)
        matrix(f"{block}.ffn_down.weight", WIDTH, FEED_FORWARD)
