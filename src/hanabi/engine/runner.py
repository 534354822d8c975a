"""The border to whatever computes logits: llama.cpp, or the mock of the tests."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hanabi.engine.cuts import Cuts
from hanabi.engine.pieces import Pieces
from hanabi.generation.vocab import Vocab


class Chunk(NamedTuple):
    """Consecutive tokens of one slot in a batch.

    Attributes:
        slot: whose KV stream they extend.
        start: the position of the first; the slot holds exactly the positions before it.
        tokens: at least one id.
        outputs: how many of the last tokens want a row of logits: 0 to len(tokens).
        tiled: whether the kernel for many tokens computes it; see `pieces`. Only such chunks share
            a decode then.
    """

    slot: int
    start: int
    tokens: Sequence[int]
    outputs: int
    tiled: bool = False


class Runner(Protocol):
    """A model with a KV cache of `slots` streams. Used by one thread, but for what says so.

    Attributes:
        vocab: the model's tokens.
        slots: KV streams, numbered from 0.
        context_length: tokens a stream can hold.
        max_outputs: the most rows of logits that one decode can give.
        max_chunk: the most tokens of one slot in one decode: a tile or more. A tile where cuts are
            not exact.
        pieces: how prompts are cut. Where cuts are not exact a piece is as long as `max_chunk`,
            and nothing is tiled.
        cuts: where `trim` can cut a slot back.
        exact_cuts: whether logits are the same to the last bit however the tokens of a slot are cut
            into decodes, and whoever shares them; apart from which kernel computes them.
    """

    @property
    def vocab(self) -> Vocab: ...  # noqa: D102 - told above

    @property
    def slots(self) -> int: ...  # noqa: D102 - told above

    @property
    def context_length(self) -> int: ...  # noqa: D102 - told above

    @property
    def max_outputs(self) -> int: ...  # noqa: D102 - told above

    @property
    def max_chunk(self) -> int: ...  # noqa: D102 - told above

    @property
    def pieces(self) -> Pieces: ...  # noqa: D102 - told above

    @property
    def cuts(self) -> Cuts: ...  # noqa: D102 - told above

    @property
    def exact_cuts(self) -> bool: ...  # noqa: D102 - told above

    def tokenize(self, text: str) -> list[int]:
        """Ids of a plain text, without BOS. Safe from any thread."""
        ...

    def decode(self, chunks: Sequence[Chunk]) -> NDArray[np.float32] | None:
        """Compute a batch; logits, float32 [sum of outputs, vocab], in the chunks' order.

        Chunks of several tokens may differ in length, by little, where cuts are exact.

        The array is a view that the next decode overwrites. None when `abort` cut it short: then
        the slots are trimmed by the caller, since some of the tokens may have been stored.
        """
        ...

    def copy(self, source: int, target: int) -> None:
        """Make `target` hold what `source` holds."""
        ...

    def save(self, slot: int) -> NDArray[np.uint8]:
        """What a slot holds, for `restore`; the slot is left as it is."""
        ...

    def restore(self, slot: int, state: NDArray[np.uint8]) -> None:
        """Make a slot hold what `save` gave, to the last bit; see `Cuts` for what it allows."""
        ...

    def scrub(self, slot: int) -> None:
        """Take what is no finite number out of all that a slot holds.

        Trimmed positions are masked, not erased: their weight is 0, and 0 x NaN is NaN. So who
        gets the slot next would get NaN, though no position of it is his.
        """
        ...

    def trim(self, slot: int, length: int) -> None:
        """Forget what a slot holds from position `length` on, where `cuts` allows that."""
        ...

    def abort(self) -> None:
        """Cut short the decode that is under way, if any. Safe from any thread.

        Does nothing where a slot can be cut nowhere: what a decode has stored could not be
        forgotten again.
        """
        ...

    def resume(self) -> None:
        """Take the last `abort` back, so that decodes run again."""
        ...
