"""What the scheduler has the loop do: decodes, and changes of who holds which slot."""

from dataclasses import dataclass
from typing import NamedTuple

from hanabi.engine.runner import Chunk
from hanabi.engine.sequence import Prompt, Sequence


class Start(NamedTuple):
    """A sequence begins on `slot`, continuing the prompt that `source` holds.

    Where the two differ the source is copied first. The slot is then cut back to the prompt.
    """

    sequence: Sequence
    source: int
    slot: int


class Pause(NamedTuple):
    """A running sequence gives up `slot`, which is to be saved before anything else uses it."""

    sequence: Sequence
    slot: int


class Resume(NamedTuple):
    """A paused sequence goes on in `slot`, which is to hold what was saved."""

    sequence: Sequence
    slot: int


class Move(NamedTuple):
    """A running sequence changes its slot; `target` then holds what `source` held."""

    source: int
    target: int


class Decode(NamedTuple):
    """The next token of a running sequence; `row` is where its logits come back."""

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
    def request_ids(self) -> frozenset[int]:
        """The requests that have tokens in it."""
        return frozenset(decode.sequence.prompt.request_id for decode in self.decodes) | frozenset(
            prefill.prompt.request_id for prefill in self.prefills
        )
