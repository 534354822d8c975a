"""How chunks stand in a decode: in the order of their slots."""

from typing import NamedTuple

from hanabi.engine.actions import Decode, Pass, Prefill
from hanabi.engine.runner import Chunk
from hanabi.engine.sequence import Prompt, Sequence


class Work(NamedTuple):
    """A chunk and whose it is."""

    chunk: Chunk
    owner: Sequence | Prompt


def slot_of(holder: Sequence | Prompt) -> int:
    """The slot of what runs or is being computed, and therefore has one."""
    if holder.slot is None:
        raise AssertionError
    return holder.slot


def lay_out(works: list[Work]) -> Pass:
    """A decode of chunks in their final order, with the rows in which their logits come back."""
    works.sort(key=_slot_of_work)
    laid_out = Pass([work.chunk for work in works], [], [])
    row = 0
    for chunk, owner in works:
        if isinstance(owner, Sequence):
            laid_out.decodes.append(Decode(owner, chunk, row))
        else:
            final = len(chunk.tokens) == owner.remaining
            laid_out.prefills.append(Prefill(owner, chunk, row, final))
        row += chunk.outputs
    return laid_out


def _slot_of_work(work: Work) -> int:
    """The order of a batch."""
    return work.chunk.slot
