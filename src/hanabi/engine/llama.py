"""llama.cpp as a runner: the one module that imports `hanabi_llama`."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import hanabi_llama
from hanabi.engine.config import EngineConfig
from hanabi.engine.cuts import Cuts
from hanabi.engine.exactness import cuts_are_exact
from hanabi.engine.facts import Facts
from hanabi.engine.kv_cache import plan_cache
from hanabi.engine.llama_facts import facts_of
from hanabi.engine.load_errors import WeightsError, speaks_of_memory
from hanabi.engine.messages import Loaded
from hanabi.engine.pieces import Pieces
from hanabi.engine.runner import Chunk
from hanabi.engine.threads import Threads
from hanabi.generation.vocab import Vocab

TILE = hanabi_llama.TILE
"""The least tokens of a sequence that llama.cpp's kernel for many takes."""

MOST_OUTPUTS = 128
"""The most rows of logits from a decode, so of tokens of scored prompts in it. 87 tokens, a text of
four sentences, take 29 ms in one decode, and 32 in two of 64 and 23 (AMX, 2 threads)."""

OUTPUT_BYTES = 32 * 1024 * 1024
"""Bytes of those rows, a float for each entry of the vocabulary. The library has them twice."""

MAX_CHUNK = 512
"""The most tokens of one sequence in a decode, where cuts are exact. 1,024 tokens behind 4,096 take
7.7 s in decodes of 64, and 6.0, 5.0, 4.6 and 4.7 in such of 128, 256, 512 and 1,024."""

WORTH = 16
"""Tokens that are worth a copy within the cache, or a wait, where cuts are exact. A wait takes a
step. A copy of 18 to 65 tokens takes as long as to compute one or two, one of 1,024 as 18."""

TILES_FROM = 256
"""The position from which on prompts are tiled, where cuts are exact. A tile of 64 takes 46 ms
behind 40 tokens, 64 behind 300 and 120 behind 1,000, where the plain kernel takes 48, 93 and 216
(AMX, 2 threads). Before it replies are reused whose every bit is what computing them again would
give. With 512 a prompt of 470 tokens had its first token after 586 ms, with 256 after 450 and with
128 after 411."""

FEW = 8
"""Tokens that a model's memory and logits are tried with."""

CLOSE = 0.05
"""The most by which a token's logits may differ when fewer rows are asked for, in their standard
deviations. Roundings are a thousandth of it; those of another token are ten times as far off."""

ONE_BY_ONE = frozenset({"plamo2", "rwkv6qwen2", "arwkv7"})
"""Architectures of which llama.cpp 0.5.0 computes one sequence in a pass only. With more, PLaMo 2
stores the states of its recurrent layers in wrong places, or ends the process (`plamo2.cpp`, where
the place is multiplied by the number of sequences), so that this cannot be tried. QRWKV 6 and
ARWKV 7 store the last token of each sequence as if they followed each other in memory
(`rwkv6qwen2.cpp`, `arwkv7.cpp`), so that several answer with other tokens than each alone."""

SPACE = "▁".encode()
"""How SentencePiece spells a space."""

INFILL = frozenset({b" <PRE>", b" <SUF>", b" <MID>", b" <EOT>"})
"""Code Llama's infill tokens: control tokens, though its files may say that they are text."""


def kernels() -> str:
    """Which of llama.cpp's kernel libraries fits this processor (`cpu-zen4`)."""
    return hanabi_llama.kernels().name


def open_model(path: Path, config: EngineConfig) -> tuple["LlamaRunner", Loaded]:
    """Load weights.

    Raises WeightsError with llama.cpp's reason where it cannot run them, and ValueError or OSError
    where another try may go better.
    """
    try:
        runner = LlamaRunner(path, config)
    except hanabi_llama.LlamaError as error:
        # The sentence travels to clients. They know the model by its name: neither this machine's
        # folders nor the digest that a stored file is called by tells them anything.
        reason = str(error).replace(str(path), "its file").replace(path.name, "its file")
        kind = ValueError if speaks_of_memory(reason) else WeightsError
        raise kind(reason) from error
    loaded = Loaded(
        vocab=runner.vocab,
        context_length=runner.context_length,
        slots=runner.slots,
        cache_bytes=runner.cache_bytes,
        kernels=kernels(),
        facts=runner.facts(),
    )
    return runner, loaded


INFINITE = np.uint16(0x7C00)
"""The exponent bits of a 16-bit float; all of them are set in NaN and in the infinities."""


class LlamaRunner:
    """A model and its context. Implements `hanabi.engine.runner.Runner`.

    Attributes:
        operations: the products and attentions of the model, and by whose kernels they were
            computed; empty where there are no kernels of our own.
    """

    def __init__(self, path: Path, config: EngineConfig) -> None:
        """Load the weights and make room for the KV cache."""
        self._model = hanabi_llama.Model.open(path)
        self._vocab = self._model.vocab
        self.memory = self._model.sequence_memory(config.kv_type)
        plan = plan_cache(
            config,
            bytes_per_slot=self.memory.per_slot,
            bytes_per_token=self.memory.per_token,
            trained_context=self._model.n_ctx_train,
        )

        self.slots = plan.slots
        self.context_length = plan.context_length
        self.cache_bytes = plan.cache_bytes
        all_tokens = plan.slots * plan.context_length
        batch_size = min(max(config.token_budget, plan.slots, MAX_CHUNK), all_tokens)
        rows = min(MOST_OUTPUTS, OUTPUT_BYTES // (4 * self._vocab.n_tokens))
        self.max_outputs = min(batch_size, max(plan.slots, TILE, rows))
        self._context = hanabi_llama.Context(
            self._model,
            slots=plan.slots,
            context_length=plan.context_length,
            batch_size=batch_size,
            micro_batch=batch_size,
            max_outputs=self.max_outputs,
            threads=config.threads,
            threads_batch=config.threads,
            poll=config.poll,
            flash_attention=True,
            one_attention_kernel=True,
            kv_type=config.kv_type,
        )
        self._batch = hanabi_llama.Batch(batch_size)
        self._threads = Threads(config.threads)
        architecture = self._model.metadata().get("general.architecture")
        self._is_one_by_one = architecture in ONE_BY_ONE
        self.vocab = _describe(self._model)
        self._as_text = _as_text(self.vocab)
        self.exact_cuts = False
        own = self._model.library.own
        own.forget_seen()
        self.cuts = self._try_cuts()
        self.operations = tuple(own.seen())
        self.exact_cuts = self.cuts is not Cuts.NOWHERE and self._cuts_are_exact()
        self.pieces = _pieces(
            self.context_length,
            exact_cuts=self.exact_cuts,
            has_tiles=not self._context.has_own_attention,
        )
        self.max_chunk = min(MAX_CHUNK, batch_size) if self.exact_cuts else TILE

    def facts(self) -> Facts:
        """How the model is computed and what it takes."""
        return facts_of(
            self._model,
            memory=self.memory,
            exact=self.exact_cuts,
            prefix_cache=self.cuts is not Cuts.NOWHERE,
            operations=self.operations,
        )

    def tokenize(self, text: str) -> list[int]:
        """Ids of a plain text, without BOS; see Runner."""
        ids: list[int] = self._vocab.tokenize(text).tolist()
        if self._as_text.keys().isdisjoint(ids):
            return ids
        return [plain for id_ in ids for plain in self._as_text.get(id_, (id_,))]

    def decode(self, chunks: Sequence[Chunk]) -> NDArray[np.float32] | None:
        """Compute a batch; see Runner."""
        if self._is_one_by_one and len(chunks) > 1:
            return self._decode_one_by_one(chunks)
        batch = self._batch
        size = outputs = 0
        length = self._filled(chunks)
        for chunk in chunks:
            end = size + len(chunk.tokens)
            full = max(end, size + length)
            batch.token[size:end] = chunk.tokens
            batch.token[end:full] = chunk.tokens[-1]
            batch.position[size:full] = range(chunk.start, chunk.start + full - size)
            batch.sequence[size:full] = chunk.slot
            batch.output[size:full] = 0
            batch.output[end - chunk.outputs : end] = 1
            size = full
            outputs += chunk.outputs
        batch.size = size
        self._context.use_threads(self._threads.count)
        wall, cpu = time.perf_counter(), self._context.processor_seconds()
        result = self._context.decode(batch, tiled=chunks[0].tiled)
        cpu = self._context.processor_seconds() - cpu
        self._threads.note(time.perf_counter() - wall, cpu)
        match result:
            case hanabi_llama.DecodeResult.ABORTED:
                return None
            case hanabi_llama.DecodeResult.NO_SLOT:
                message = "a sequence has outgrown its slot"
                raise AssertionError(message)
            case hanabi_llama.DecodeResult.OK:
                pass
        for chunk in chunks:
            if len(chunk.tokens) < length:
                self.trim(chunk.slot, chunk.start + len(chunk.tokens))
        return self._context.logits(outputs)

    def _decode_one_by_one(self, chunks: Sequence[Chunk]) -> NDArray[np.float32] | None:
        """Compute each chunk in a decode of its own."""
        rows = []
        for chunk in chunks:
            logits = self.decode([chunk])
            if logits is None:
                return None
            rows.append(logits.copy())
        return np.concatenate(rows)

    def _filled(self, chunks: Sequence[Chunk]) -> int:
        """The length that shorter chunks are filled up to, 0 for none.

        llama.cpp cuts a decode into passes of as many tokens from each sequence as the shortest has
        left, so that one token less is a pass more. What stands behind a chunk changes nothing in
        it and is forgotten again.
        """
        longest = max(len(chunk.tokens) for chunk in chunks)
        if chunks[0].tiled:
            return max(longest, TILE)
        if not self.exact_cuts or len(chunks) * longest > self._context.batch_size:
            return 0
        fits = all(chunk.start + longest <= self.context_length for chunk in chunks)
        return longest if fits else 0

    def _try_cuts(self) -> Cuts:
        """Where a slot can be cut back; the memory itself is asked, with a few tokens in it."""
        tokens = [id_ % self.vocab.size for id_ in range(FEW)]
        self._check_rows(tokens)
        self.decode([Chunk(0, 0, tokens, 0)])
        can_cut = all(self._context.remove(0, length) for length in range(FEW - 1, 0, -1))
        self.trim(0, 0)
        if not can_cut:
            return Cuts.NOWHERE
        return Cuts.UNTIL_RESTORED if self._context.is_windowed else Cuts.ANYWHERE

    def _check_rows(self, tokens: Sequence[int]) -> None:
        """See that the logits which come back are those of the tokens that were asked for.

        For some models llama.cpp computes the logits of all tokens and hands out the first rows,
        whichever were asked for. Raises UnsuitableModelError for such a model.
        """
        last = []
        for outputs in (len(tokens), 1):
            logits = self.decode([Chunk(0, 0, tokens, outputs)])
            if logits is None:
                raise AssertionError
            last.append(logits[-1].copy())
            self.trim(0, 0)
        every, one = last
        if np.abs(every - one).max() > CLOSE * every.std():
            raise hanabi_llama.UnsuitableModelError(
                f"llama.cpp {hanabi_llama.RELEASE} mixes up the logits of its tokens: "
                "what it would generate is wrong."
            )

    def _cuts_are_exact(self) -> bool:
        """Whether logits do not depend on how tokens are cut; see `exactness`."""
        if any(_depends_on_cuts(operation) for operation in self.operations):
            return False
        is_known = bool(self.operations) and all(seen.is_own for seen in self.operations)
        return cuts_are_exact(self, is_known=is_known)

    def copy(self, source: int, target: int) -> None:
        """Make `target` hold what `source` holds."""
        self._context.copy_sequence(source, target)

    def save(self, slot: int) -> NDArray[np.uint8]:
        """What a slot holds."""
        return self._context.save_sequence(slot)

    def restore(self, slot: int, state: NDArray[np.uint8]) -> None:
        """Make a slot hold what `save` gave."""
        self._context.load_sequence(slot, state)

    def scrub(self, slot: int) -> None:
        """Zero the NaN and infinite values of a slot; see Runner.

        By way of its saved state: the cache's 16-bit floats, between whole numbers that are too
        small to have the bits of such a float. Where they were not, the library would refuse the
        state, and the process be replaced. What a window hides is not part of that state: there all
        of another slot is copied over this one, which is emptied then.
        """
        if self._context.is_windowed and self.slots > 1:
            self.copy((slot + 1) % self.slots, slot)
            self.trim(slot, 0)
            return
        state = self._context.save_sequence(slot)
        halves = state[: state.size // 2 * 2].view(np.uint16)
        halves[halves & INFINITE == INFINITE] = 0
        self._context.load_sequence(slot, state)

    def trim(self, slot: int, length: int) -> None:
        """Forget what a slot holds from position `length` on; see Runner."""
        if not self._context.remove(slot, length):
            message = f"slot {slot} cannot be cut back to {length} tokens"
            raise AssertionError(message)

    def abort(self) -> None:
        """Cut short the decode that is under way; see Runner."""
        if self.cuts is not Cuts.NOWHERE:
            self._context.abort()

    def resume(self) -> None:
        """Let decodes run again."""
        self._context.resume()


def _depends_on_cuts(operation: hanabi_llama.Seen) -> bool:
    """Whether the library computes an operation in another order of sums for other numbers of rows.

    Its products of floats do, and so do its products with the weights of experts.
    """
    is_float = operation.weights in {"f32", "f16", "bf16"}
    is_product = operation.operation != "FLASH_ATTN_EXT"
    is_of_experts = operation.operation == "MUL_MAT_ID"
    return not operation.is_own and is_product and (is_float or is_of_experts)


def _pieces(context_length: int, *, exact_cuts: bool, has_tiles: bool) -> Pieces:
    """How sequences are cut.

    Where cuts are not exact nothing is tiled, and prompts are computed as many tokens at a time,
    from their beginning, as a piece has. Nothing is tiled either where there is a kernel of our own
    that is fast for any number.
    """
    if not exact_cuts:
        return Pieces(TILE, TILE, tiles_from=0, tiles_to=0)
    if not has_tiles:
        return Pieces(1, TILE, context_length, context_length, WORTH)
    tiles_to = max(TILES_FROM, context_length - TILE)
    return Pieces(1, TILE, TILES_FROM, tiles_to, WORTH)


def _describe(model: hanabi_llama.Model) -> Vocab:
    """The vocabulary as plain data for the server."""
    vocab = model.vocab
    # SentencePiece models put a space first unless their file says that they do not.
    space = model.metadata().get("tokenizer.ggml.add_space_prefix")
    sentencepiece = vocab.type is hanabi_llama.VocabType.SPM
    pieces = vocab.pieces()
    special = {}
    for id_, piece in enumerate(pieces):
        name = piece.replace(SPACE, b" ") if sentencepiece else piece
        if vocab.is_control(id_) or (sentencepiece and name in INFILL):
            pieces[id_] = name
            special[name.decode("utf-8", "replace").removeprefix(" ")] = id_
    return Vocab(
        pieces=tuple(pieces),
        special=special,
        bos=vocab.bos,
        eos=vocab.eos,
        end_ids=tuple(id_ for id_ in range(vocab.n_tokens) if vocab.is_end(id_)),
        add_bos=vocab.add_bos,
        add_space_prefix=space == "true" if space is not None else sentencepiece,
        chat_template=model.chat_template,
    )


def _as_text(vocab: Vocab) -> dict[int, tuple[int, ...]]:
    """For each control token the ids that spell its name, byte by byte.

    llama.cpp merges what it reads to any token that it finds parts of, and does not ask whether
    that is a control token: in Code Llama's vocabulary `▁<PRE` and `>` are tokens, so that the text
    ` <PRE>` would become the token `▁<PRE>`.
    """
    of_byte = {piece: id_ for id_, piece in enumerate(vocab.pieces) if len(piece) == 1}
    return {
        id_: tuple(
            of_byte[byte] for value in vocab.pieces[id_] if (byte := bytes([value])) in of_byte
        )
        for id_ in vocab.special.values()
    }
