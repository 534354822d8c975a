"""Prompts as the model reads them: strings, token ids or a conversation to token ids."""

import asyncio
from collections.abc import Sequence

from hanabi.errors import InvalidRequestError
from hanabi.generation.backend import Backend
from hanabi.generation.text import PreparedPrompt, Prompts
from hanabi.generation.vocab import Vocab
from hanabi.styles.style import Bos, Control, Eos, Segment, Style, Text

Part = Text | int
"""A piece of a prompt: plain text, or a token id."""

MARK = "\ufdd0"
"""A noncharacter of Unicode: in no vocabulary, so its ids are those of bytes, which never merge."""


async def prepare_prompts(source: Prompts, backend: Backend) -> tuple[PreparedPrompt, ...]:
    """Tokenize the strings and check the ids of a completion request.

    Raises InvalidRequestError for an empty prompt, none at all, or an id out of range.
    """
    if not source.prompts:
        raise InvalidRequestError(
            "prompt must hold at least 1 prompt, got an empty list", param="prompt"
        )
    prepared = await asyncio.gather(
        *(
            _from_text(prompt, prompt_param(source, index), backend)
            if isinstance(prompt, str)
            else _from_ids(prompt, prompt_param(source, index), backend.vocab)
            for index, prompt in enumerate(source.prompts)
        )
    )
    return tuple(prepared)


async def prepare_segments(
    segments: Sequence[Segment], style: Style, backend: Backend
) -> PreparedPrompt:
    """Tokenize what a style has rendered; its text shows the control tokens by their names."""
    parts = segment_parts(segments, backend.vocab)
    if not style.emits_bos:
        # The text of `passthrough` is a prompt as of a completion, and may bring its BOS along.
        # Of any other style, a first text with that spelling is what somebody wrote.
        parts = with_bos(parts, backend.vocab, spelled_too=style.continues_text)
    ids = await tokenize(parts, backend)
    if not ids:
        raise InvalidRequestError(
            "messages must make a prompt of at least 1 token, got 0", param="messages"
        )
    return PreparedPrompt(ids, _fragments(parts), spelled(parts, backend.vocab))


async def tokenize(parts: Sequence[Part], backend: Backend) -> tuple[int, ...]:
    """Turn parts into ids, in order; no BOS is added.

    That a text is not spaced can be told to no tokenizer: its model says whether there is a space.
    Meta's way for infilling is followed: a mark before the text takes the space, and the mark's
    ids are left out again.
    """
    if not backend.vocab.add_space_prefix or not any(map(_is_unspaced, parts)):
        return await backend.tokenize(_fragments(parts))
    mark = len(await backend.tokenize((MARK,)))
    ids: list[int] = []
    for part in parts:
        match part:
            case Text(text, spaced=False):
                ids += (await backend.tokenize((MARK + text,)))[mark:]
            case _:
                ids += await backend.tokenize(_fragments((part,)))
    return tuple(ids)


def prompt_param(source: Prompts, index: int) -> str:
    """The field that a prompt stands in: `prompt`, or `prompt[3]` of several."""
    return "prompt" if len(source.prompts) == 1 else f"prompt[{index}]"


def segment_parts(segments: Sequence[Segment], vocab: Vocab) -> tuple[Part, ...]:
    """Segments of a style as texts and control ids; texts that touch are one.

    The first of them says whether the text is spaced. A control token that the vocabulary does not
    have is the plain text of its name.
    """
    parts: list[Part] = []
    for segment in segments:
        part = _part(segment, vocab)
        if part is None or (isinstance(part, Text) and not part.text):
            continue
        last = parts[-1] if parts else None
        if isinstance(part, Text) and isinstance(last, Text):
            parts[-1] = Text(last.text + part.text, spaced=last.spaced)
        else:
            parts.append(part)
    return tuple(parts)


def with_bos(
    parts: tuple[Part, ...], vocab: Vocab, *, spelled_too: bool = True
) -> tuple[Part, ...]:
    """The same with the model's BOS in front, exactly once, where the model wants one.

    With `spelled_too`, a text that begins with BOS's own spelling (`<s>`) brings it along: the
    spelling becomes the id, and no other is added.
    """
    if not vocab.add_bos or vocab.bos is None:
        return parts
    if not parts or parts[0] == vocab.bos:
        return (vocab.bos, *parts[1:])
    first, *others = parts
    if spelled_too and isinstance(first, Text):
        name = vocab.pieces[vocab.bos].decode("utf-8", "replace")
        first = Text(first.text.removeprefix(name), spaced=first.spaced)
        return (vocab.bos, *([first] if first.text else []), *others)
    return (vocab.bos, *parts)


def spelled(parts: Sequence[Part], vocab: Vocab) -> str:
    """Parts as text, control tokens by their names; bytes that are no characters as U+FFFD."""
    return b"".join(
        part.text.encode() if isinstance(part, Text) else vocab.pieces[part] for part in parts
    ).decode("utf-8", "replace")


def _part(segment: Segment, vocab: Vocab) -> Part | None:
    """A segment as a part; None where the model has no such token."""
    match segment:
        case Text():
            return segment
        case Control(token):
            return vocab.special[token] if token in vocab.special else Text(token)
        case Bos():
            return vocab.bos
        case Eos():
            return vocab.eos


def _is_unspaced(part: Part) -> bool:
    return isinstance(part, Text) and not part.spaced


def _fragments(parts: Sequence[Part]) -> tuple[str | int, ...]:
    """Parts as a backend and `raw_output` know them."""
    return tuple([part.text if isinstance(part, Text) else part for part in parts])


async def _from_text(text: str, param: str, backend: Backend) -> PreparedPrompt:
    """A prompt that is a string: the model's BOS goes before it, and its echo is the string."""
    parts = with_bos((Text(text),) if text else (), backend.vocab)
    ids = await tokenize(parts, backend)
    if not ids:
        raise InvalidRequestError(
            f"{param} must have at least 1 token, got 0: the string has {len(text)} characters, "
            "and this model puts no beginning-of-sequence token before it",
            param=param,
        )
    return PreparedPrompt(ids, _fragments(parts), text)


async def _from_ids(ids: tuple[int, ...], param: str, vocab: Vocab) -> PreparedPrompt:
    """A prompt that is token ids already: checked, and read as it is, without a BOS."""
    if not ids:
        raise InvalidRequestError(
            f"{param} must have at least 1 token, got an empty list", param=param
        )
    if min(ids) < 0 or max(ids) >= vocab.size:
        position, token = next((p, t) for p, t in enumerate(ids) if not 0 <= t < vocab.size)
        raise InvalidRequestError(
            f"{param}: token ids of this model are 0 to {vocab.size - 1}, "
            f"got {token} at position {position}",
            param=param,
        )
    return PreparedPrompt(ids, ids, spelled(ids, vocab))
