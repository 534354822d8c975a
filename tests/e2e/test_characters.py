"""Characters of several tokens come whole: emoji and CJK stream without U+FFFD."""

import asyncio
import re

import pytest

from .api import joined

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

BROKEN = "\N{REPLACEMENT CHARACTER}"
PATTERNS = {
    "emoji": "🎆 🎇 " * 8,
    "emoji_without_spaces": "🎆🎇" * 8,
    "chinese": "花火在夜空中绽放。" * 4,
    "japanese": "花火が上がる。" * 4,
    "korean": "불꽃놀이를 보자. " * 4,
}


async def pieces(api, **fields):
    """A stream's pieces of text, and the bytes of its tokens, one for each."""
    plain, chunks = await asyncio.gather(api.chunks(**fields), api.chunks(**fields, logprobs=True))
    rows = [
        row
        for chunk in chunks
        for choice in chunk["choices"]
        if choice["logprobs"]
        for row in choice["logprobs"]["content"]
    ]
    assert joined(chunks) == joined(plain)
    texts = [chunk["choices"][0]["text"] for chunk in plain]
    return texts, [bytes(row["bytes"]) for row in rows]


def whole_characters(tokens):
    """What the tokens spell, without the character that the end of the text cut in two."""
    spelled = b"".join(tokens)
    text = spelled.decode(errors="ignore")
    assert len(spelled) - len(text.encode()) < 4, f"the model wrote broken characters: {spelled}"
    return text


def is_part(token):
    """Whether a token is no text by itself."""
    try:
        token.decode()
    except UnicodeDecodeError:
        return True
    return False


@pytest.mark.parametrize("name", PATTERNS)
async def test_the_model_goes_on_with_a_pattern(api, name):
    texts, tokens = await pieces(
        api, prompt=PATTERNS[name], temperature=0, max_tokens=24, ignore_eos=True
    )
    text = whole_characters(tokens)
    assert sum(map(is_part, tokens)) > 1, f"no character of several tokens came: {text!r}"
    # A text may end within a character, and only there something else can stand for it.
    assert re.fullmatch(f"{re.escape(text)}{BROKEN}?", "".join(texts))
    assert all(BROKEN not in piece for piece in texts[:-2])


async def test_no_piece_is_less_than_a_character(api):
    """Even where each step gives a third of one: the tokens of one emoji, and no others."""
    ids = await api.tokenize("🎆", add_special_tokens=False)
    assert len(ids) > 2
    texts, tokens = await pieces(
        api,
        prompt="🎆" * 12,
        temperature=0,
        max_tokens=3 * len(ids),
        ignore_eos=True,
        logit_bias=dict.fromkeys(map(str, ids), 100),
    )
    assert all(map(is_part, tokens))
    assert "".join(texts) == b"".join(tokens).decode(errors="replace") == "🎆" * 3
    assert [piece for piece in texts if piece] == ["🎆"] * 3


async def test_a_prompt_of_many_scripts_comes_back_unchanged(api):
    marks = "\N{RIGHT-TO-LEFT OVERRIDE}\N{NO-BREAK SPACE}\u2028\x85"
    prompt = f"naïve 花火 🎆👩‍🚀 हिन्दी שלום {marks} é\r\n\tend"
    reply, chunks = await asyncio.gather(
        api.ask(prompt=prompt, echo=True, max_tokens=0),
        api.chunks(prompt=prompt, echo=True, max_tokens=0),
    )
    assert reply["choices"][0]["text"] == joined(chunks) == prompt
    assert await api.detokenize(*await api.tokenize(prompt, add_special_tokens=False)) == prompt


async def test_a_stop_string_of_many_tokens_a_character(api):
    prompt = PATTERNS["japanese"]
    request = {"prompt": prompt, "temperature": 0, "max_tokens": 24}
    text = (await api.text(**request)).rstrip(BROKEN)
    stop = text[2:4]
    chunks = await api.chunks(**request, stop=stop)
    assert joined(chunks) == text[: text.find(stop)]
