"""What the scheduler has the loop do: decodes, and changes of who holds which slot."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hanabi.engine.runner import Chunk
from hanabi.engine.sequence import Prompt, Sequence


class Start(NamedTuple):
    """A sequence begins on `slot`, continuing its prompt.

    Attributes:
        sequence: the sequence.
        source: the slot that holds the prompt. Where it is another one it is copied first. The
            slot is then cut back to the prompt.
        slot: its slot.
        prompt_state: what a slot held that had just computed the prompt. Where it is given, the
            slot is restored from it, and the source does not matter.
    """

    sequence: Sequence
    source: int
    slot: int
    prompt_state: NDArray[np.uint8] | None = None


class Pause(NamedTuple):
    """A running sequence gives up `slot`, which is to be saved before anything else uses it."""

    sequence: Sequence
    slot: int


class Resume(NamedTuple):
    """A paused sequence goes on in `slot`, which is to hold what was saved."""

    sequence: Sequence
    slot: int


class Copy(NamedTuple):
    """`target` is to hold what `source` holds.

    Attributes:
        source: a slot.
        target: another one.
        kept: the tokens that are wanted of it, where the rest is not: the source is cut back to
            them first. None leaves it as it is.
    """

    source: int
    target: int
    kept: int | None = None


class Move(NamedTuple):
    """A running sequence goes on in `target` instead of `source`.

    Attributes:
        source: its slot so far.
        target: a free slot, lower.
        kept: of what the target holds, the tokens that the source is to hold in exchange; the
            target is cut back to them first. 0 where it holds nothing of worth.
    """

    source: int
    target: int
    kept: int


class Begin(NamedTuple):
    """A prompt's computation begins on `slot`, behind `prompt.cached` tokens that `source` holds.

    Where the two differ the source is copied first. The slot is then cut back to those tokens.
    """

    prompt: Prompt
    source: int
    slot: int


class Decode(NamedTuple):
    """The next token of a running sequence, and what is drafted behind it.

    As many rows of logits as there are tokens come back from `row` on.
    """

    sequence: Sequence
    chunk: Chunk
    row: int


class Prefill(NamedTuple):
    """The next tokens of a prompt under computation.

    Attributes:
        prompt: the prompt.
        chunk: its tokens; as many rows of logits as it wants come back from `row` on.
        row: the first of them.
        final: whether these are the prompt's last tokens.
    """

    prompt: Prompt
    chunk: Chunk
    row: int
    final: bool


@dataclass(frozen=True)
class Pass:
    """One decode: the next tokens of running sequences, or pieces of prompts.

    The chunks stand in the order of their slots: llama.cpp computes neighbouring slots together,
    and each gap in the order costs another pass through the weights.
    """

    chunks: list[Chunk]
    decodes: list[Decode]
    prefills: list[Prefill]

    @property
    def is_of_one(self) -> bool:
        """Whether it is the next token of a lone sequence, with a draft or without."""
        return len(self.decodes) == 1

    @property
    def has_draft(self) -> bool:
        """Whether it is that of a lone sequence with a guess at its next tokens."""
        return any(len(decode.chunk.tokens) > 1 for decode in self.decodes)

    @property
    def request_ids(self) -> frozenset[int]:
        """The requests that have tokens in it."""
        return frozenset(decode.sequence.prompt.request_id for decode in self.decodes) | frozenset(
            prefill.prompt.request_id for prefill in self.prefills
        )


@dataclass(frozen=True)
class Plan:
    """A step: prompts begin, in this order, and then decodes are computed, in theirs."""

    begins: list[Begin]
    passes: list[Pass]
