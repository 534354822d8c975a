"""What both sides compute. All of it was written for these tests."""

from pathlib import Path

FOLDER = Path(__file__).parent / "texts"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.txt"))}
"""Scored texts: a story in English and a program, each of more than TOKENS tokens."""

TOKENS = 300
NEW_TOKENS = 48

PROMPTS = [
    "The capital of France is",
    "Once upon a time there was a fox who",
    "def fibonacci(n):\n",
    "To make a cup of tea, first",
    "1, 2, 3, 4, 5, 6,",
    "<p>Dear Sir or Madam,</p>\n<p>",
]

CORPUS = [
    *TEXTS.values(),
    "It's they're we've I'll DON'T can't 'tis",
    "3.14159 1,000,000 2026-11-22 0x7f 1e-9 ½ ² ٣٤ 四十二",
    "    four\n\ttab\n\n\n  two  trailing  \n ",
    "a  b   c    d\r\ne\u00a0f\u2003g\u200bh",
    "snake_case camelCase SCREAMING kebab-case a.b.c::d->e x+=1; y<<=2 !== ??",
    "https://example.com/a?b=c&d=%20#e user@example.com C:\\temp\\x",
    "Grüße, façade, naïve, Ångström, cafe\u0301, İstanbul, ﬁ",
    "Привет, мир! Γειά σου Κόσμε. שלום עולם مرحبا بالعالم नमस्ते दुनिया",  # noqa: RUF001 - Greek is meant
    "你好,世界。こんにちは世界、花火は綺麗です。안녕하세요 세계",
    "😀 👩‍👩‍👧‍👦 🇯🇵 👍🏽 ❤️ ∑∫√≠≤ ♞",
    "\x00\x01\x7f\ufeff\ufffd\U0010ffff",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!!!!!!!!!!!!!!!!--------________",
    "{% if a %}<b>{{ a|upper }}</b>{% endif %} </s> [INST] <<SYS>> <PRE>",
    " ",
    "\n",
]
"""Plain text of many kinds, for the tokenizers; no special token's spelling is in it."""
