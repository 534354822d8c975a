"""A model without weights: byte tokens, and logits that depend on every token before.

It keeps what each slot holds, so an engine that mixes up slots, positions or copies gets other
tokens than `continuation` says. Engine tests run on it in milliseconds.
"""

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hanabi.engine.config import EngineConfig
from hanabi.engine.cuts import Cuts
from hanabi.engine.messages import Loaded
from hanabi.engine.pieces import Pieces
from hanabi.engine.runner import Chunk
from hanabi.generation.vocab import Vocab

BOS, EOS = 256, 257

TILED = 1000
"""Is added to what a slot holds of a tile: it is not what it would hold otherwise."""

VOCAB = Vocab(
    pieces=(*(bytes([byte]) for byte in range(256)), b"<s>", b"</s>"),
    special={"<s>": BOS, "</s>": EOS},
    bos=BOS,
    eos=EOS,
    end_ids=(EOS,),
    add_bos=True,
)


def logits_after(tokens: Sequence[int]) -> NDArray[np.float32]:
    """The model: a row of logits, float32 [vocab], drawn from the hash of all tokens so far."""
    digest = zlib.crc32(np.asarray(tokens, dtype=np.int32).tobytes())
    return np.random.default_rng(digest).normal(0, 3, VOCAB.size).astype(np.float32)


def continuation(prompt: Sequence[int], max_tokens: int) -> list[int]:
    """What greedy decoding makes of a prompt, one token at a time; ends with an EOS if it comes."""
    tokens = list(prompt)
    while len(tokens) - len(prompt) < max_tokens:
        tokens.append(int(logits_after(tokens).argmax()))
        if tokens[-1] == EOS:
            break
    return tokens[len(prompt) :]


class MockRunner:
    """Implements `hanabi.engine.runner.Runner`; every misuse of a slot is an error."""

    max_chunk = 12
    pieces = Pieces(size=12, tile=12, tiles_from=0, tiles_to=0)
    exact_cuts = True

    def __init__(
        self,
        *,
        slots: int = 4,
        context_length: int = 512,
        max_outputs: int = 16,
        cuts: Cuts = Cuts.ANYWHERE,
    ) -> None:
        """Take the limits that a real runner would have."""
        self.cuts = cuts
        self.vocab = VOCAB
        self.slots = slots
        self.context_length = context_length
        self.max_outputs = max_outputs
        self.computed_tokens = 0
        self.largest_batch = 0
        self.aborted = False
        self._held: list[list[int]] = [[] for _ in range(slots)]
        self._restored = [0] * slots

    def tokenize(self, text: str) -> list[int]:
        """One id a byte."""
        return list(text.encode("utf-8", "surrogatepass"))

    def decode(self, chunks: Sequence[Chunk]) -> NDArray[np.float32] | None:
        """Compute a batch; see Runner."""
        if self.aborted:
            for chunk in chunks[: len(chunks) // 2]:
                self._held[chunk.slot].extend(chunk.tokens)
            return None
        rows = []
        for chunk in chunks:
            self._check(chunk)
            held = self._held[chunk.slot]
            if len(held) != chunk.start:
                message = f"slot {chunk.slot} holds {len(held)} tokens, not {chunk.start}"
                raise ValueError(message)
            for number, token in enumerate(chunk.tokens, 1):
                held.append(TILED + token if chunk.tiled else token)
                if number > len(chunk.tokens) - chunk.outputs:
                    rows.append(logits_after(held))
            if len(held) > self.context_length:
                message = f"slot {chunk.slot} is over its {self.context_length} tokens"
                raise ValueError(message)
        size = sum(len(chunk.tokens) for chunk in chunks)
        self.computed_tokens += size
        self.largest_batch = max(self.largest_batch, size)
        if len(rows) > self.max_outputs:
            message = f"{len(rows)} rows of logits were asked for, the limit is {self.max_outputs}"
            raise ValueError(message)
        return np.array(rows, dtype=np.float32).reshape(len(rows), VOCAB.size)

    def _check(self, chunk: Chunk) -> None:
        """Refuse a size that Scheduler may not ask for."""
        size, tile = len(chunk.tokens), self.pieces.tile
        if size > self.max_chunk:
            message = f"{size} tokens for slot {chunk.slot}, over {self.max_chunk}"
            raise ValueError(message)
        if chunk.tiled and chunk.start + max(size, tile) > self.context_length:
            message = f"no room for a tile of {tile} tokens from {chunk.start} on"
            raise ValueError(message)

    def copy(self, source: int, target: int) -> None:
        """Make `target` hold what `source` holds."""
        self._held[target] = list(self._held[source])
        self._restored[target] = self._restored[source]

    def save(self, slot: int) -> NDArray[np.uint8]:
        """What a slot holds."""
        return np.array(self._held[slot], dtype=np.int32).view(np.uint8)

    def restore(self, slot: int, state: NDArray[np.uint8]) -> None:
        """Make a slot hold what `save` gave."""
        self._held[slot] = state.view(np.int32).tolist()
        self._restored[slot] = len(self._held[slot])

    def scrub(self, slot: int) -> None:
        """Nothing to do: what a slot holds are tokens."""

    def trim(self, slot: int, length: int) -> None:
        """Forget what a slot holds from position `length` on."""
        held = len(self._held[slot])
        least = {
            Cuts.ANYWHERE: 0,
            Cuts.UNTIL_RESTORED: self._restored[slot],
            Cuts.NOWHERE: held,
        }[self.cuts]
        if 0 < length < min(held, least):
            message = f"slot {slot} cannot be cut back from {held} tokens to {length}"
            raise ValueError(message)
        del self._held[slot][length:]
        self._restored[slot] = min(self._restored[slot], length)

    def abort(self) -> None:
        """Let decodes be cut short."""
        self.aborted = self.cuts is not Cuts.NOWHERE

    def resume(self) -> None:
        """Let decodes run again."""
        self.aborted = False


def open_mock(_path: Path, config: EngineConfig) -> tuple[MockRunner, Loaded]:
    """Stands in for `hanabi.engine.llama.open_model` where a process runs without weights."""
    runner = MockRunner(slots=config.slots, max_outputs=max(config.slots, 16))
    loaded = Loaded(VOCAB, runner.context_length, runner.slots, 0, "mock")
    return runner, loaded
