"""A context: the KV cache of a number of sequences, and the decoding of batches into it."""

import weakref
from contextlib import nullcontext
from ctypes import CDLL, addressof, c_char, c_void_p, cast
from enum import Enum
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hanabi_llama.attention import AttentionKernel, is_plain
from hanabi_llama.batch import Batch
from hanabi_llama.errors import ClosedError, ContextError, DecodeError
from hanabi_llama.memory import check_generates, check_memory
from hanabi_llama.model import Model
from hanabi_llama.sizes import check_sizes
from hanabi_llama.structs import KV_TYPES, ContextParams
from hanabi_llama.threadpool import Threadpool
from hanabi_llama.window_state import aligned

WINDOWED_ONLY = 1
"""`LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY`: of a sequence's state, what its windowed layers hold."""

STATE_HEADER = 8
"""Bytes before a sequence's state, with that flag or without: a magic number and the sequence."""


class DecodeResult(Enum):
    """How a decode ended, when it did not fail."""

    OK = 0
    NO_SLOT = 1
    """A sequence would outgrow its context length; nothing has changed."""
    ABORTED = 2
    """`abort` was called; the passes that were done stay in the cache: see `position_max`."""


class Context:
    """The state of `slots` sequences of one model, each with a KV stream of its own.

    Only `abort` and `resume` may be called from another thread than the one that decodes.

    Attributes:
        model: the model.
        slots: the number of sequences; their ids are 0 to slots - 1.
        context_length: the most tokens of one sequence: what was asked for, rounded up to a
            multiple of 256 by the library.
        batch_size: the most tokens in one decode.
        micro_batch: the most tokens in one pass through the weights; a decode of more is split.
        max_outputs: the most rows of logits from one decode.
        is_windowed: whether layers see a window only, shorter than the context, of what a sequence
            holds.
        has_own_attention: whether a kernel of our own computes attention, all of it. Where one
            kernel is asked for it is that one, for passes of any kind.
    """

    def __init__(  # noqa: PLR0913 - sizes and threads are independent settings, told by name
        self,
        model: Model,
        *,
        slots: int,
        context_length: int,
        batch_size: int,
        max_outputs: int,
        threads: int,
        threads_batch: int,
        poll: int,
        micro_batch: int = 512,
        flash_attention: bool = True,
        one_attention_kernel: bool = False,
        kv_type: str = "f16",
    ) -> None:
        """Allocate the cache and the buffers.

        Args:
            model: an open model that has a decoder and no encoder.
            slots: 1 to 256 sequences.
            context_length: tokens in one sequence; at least 1. All slots are allocated at once:
                see `Model.sequence_memory` for what that takes.
            batch_size: tokens in one decode: slots to slots x context_length.
            max_outputs: rows of logits from one decode: slots to batch_size. Two buffers of up to
                max_outputs x vocabulary floats follow from it.
            threads: threads for a pass of one token: 1 to 512.
            threads_batch: threads for a pass of more: 1 to 512.
            poll: how eagerly threads wait for the next decode: 0 to 100.
            micro_batch: tokens in one pass: at least slots.
            flash_attention: compute attention in one kernel, which takes less memory; without it
                the values are summed in float32 instead of float16.
            one_attention_kernel: use the same flash attention for every pass, so that logits do
                not depend on how a sequence is cut into passes: our own, or the library's plain
                one for all passes but those that are asked to be tiled; see `attention`.
            kv_type: element type of the KV cache, `f16` or `q8_0`. The latter takes 17 bytes for
                each 32 of f16, rounds what is stored, and needs flash attention and heads of whole
                blocks of 32.

        Raises ValueError for sizes that do not fit together, and ContextError when the library
        refuses, for want of memory or for what the model is.
        """
        check_sizes(slots, context_length, batch_size, micro_batch, max_outputs)
        check_generates(model)
        self.model = model
        self.slots = slots
        self.max_outputs = max_outputs
        self._functions = model.library.functions
        self._log = model.library.log
        self._n_vocab = model.vocab.n_tokens
        self._outputs = 0
        # The library asks after every node of the graph whether to stop. A Python callback there
        # would take the GIL thousands of times a second, so the question goes to strlen(3): on ""
        # it answers 0, go on; on a text of one byte 1, true, stop. `abort` writes that byte.
        self._abort_text = (c_char * 2)()
        strlen = cast(CDLL(None).strlen, c_void_p)
        # The pool is made before the context, and freed after it.
        self._threadpool = Threadpool(model.library, threads=max(threads, threads_batch), poll=poll)
        params: ContextParams = self._functions.llama_context_default_params()
        params.n_ctx = slots * context_length
        params.n_batch = batch_size
        params.n_ubatch = micro_batch
        params.n_seq_max = slots
        params.n_outputs_max = max_outputs
        params.n_outputs_max_per_seq = 0
        params.n_threads = threads
        params.n_threads_batch = threads_batch
        params.flash_attn_type = int(flash_attention)
        params.type_k = params.type_v = KV_TYPES[kv_type]
        params.abort_callback = strlen
        params.abort_callback_data = addressof(self._abort_text)
        params.no_perf = True
        params.kv_unified = False
        self._log.clear()
        self._kernel = AttentionKernel(self._functions) if one_attention_kernel else None
        with self._kernel.caught() if self._kernel else nullcontext():
            handle = self._functions.llama_init_from_model(model.handle, params)
        if not handle:
            self._threadpool.close()
            raise ContextError(
                f"no context of {slots} slots with {context_length} tokens could be made: "
                f"{self._log.reason()}"
            )
        self._handle: int = handle
        self._free = weakref.finalize(self, self._functions.llama_free, handle)
        self._free.atexit = False
        model.attach(self)
        self._functions.llama_attach_threadpool(handle, self._threadpool.handle, None)
        self._memory = check_memory(self._functions.llama_get_memory(handle))
        self.context_length: int = self._functions.llama_n_ctx_seq(handle)
        self.batch_size: int = self._functions.llama_n_batch(handle)
        self.micro_batch: int = self._functions.llama_n_ubatch(handle)
        has_states = model.is_recurrent or model.is_hybrid
        self.is_windowed = 0 < model.n_swa < self.context_length and not has_states
        self._copied_to: int | None = None
        self.has_own_attention = flash_attention and self._try_own_attention()
        if self.has_own_attention:
            self._kernel = None  # the library has no attention left to switch

    @property
    def handle(self) -> int:
        """The C pointer. Raises ClosedError after `close`."""
        if not self._free.alive:
            raise ClosedError("the context is closed.")
        return self._handle

    @property
    def _open_memory(self) -> int:
        _ = self.handle
        return self._memory

    def decode(self, batch: Batch, *, tiled: bool = False) -> DecodeResult:
        """Run a batch through the model; other threads run meanwhile.

        Each sequence's first position must follow the last one in its cache, and its rows must
        have consecutive positions.

        The batch is cut into passes through the weights: neighbouring sequence ids together, each
        with the same number of tokens, at most micro_batch in all. With one attention kernel a
        sequence's logits are the same to the bit however its tokens are cut and whoever runs beside
        it, where the kernels for its weights round alike for any number of tokens (so our own
        do; whoever relies on it tries it). Without, attention rounds differently
        for one token of a sequence, for 2 to 63, and for more.

        Args:
            batch: the tokens.
            tiled: with one attention kernel, compute those sequences that have 64 tokens or more in
                a pass with the library's faster kernel for so many, which rounds differently.

        Raises:
            ValueError: a size, sequence id, position or number of outputs is out of range.
            DecodeError: the library refused the batch (a token id or position that does not fit)
                or failed.
        """
        handle = self.handle
        self._check(batch)
        self._outputs = 0
        self._log.clear()
        self._copied_to = None
        if self._kernel:
            self._kernel.force_plain(not tiled and not is_plain(batch))
        code: int = self._functions.llama_decode(handle, batch.struct)
        if code < 0:
            raise DecodeError(f"the batch was not decoded: {self._log.reason()}", code)
        if code == 0:
            self._outputs = int(np.count_nonzero(batch.output[: batch.size]))
        return DecodeResult(code)

    def _try_own_attention(self) -> bool:
        """Whether a kernel of our own takes the attention of this model, tried with one token."""
        own = self.model.library.own
        if "attention" not in own.in_use:
            return False
        before = own.declined()
        batch = Batch(1)
        batch.size = 1
        batch.token[0] = batch.position[0] = batch.sequence[0] = batch.output[0] = 0
        self.decode(batch)
        self.clear()
        return own.declined() == before

    def use_threads(self, threads: int) -> None:
        """Compute the following decodes with this many threads, at most those of the pool."""
        if not 1 <= threads <= self._threadpool.threads:
            raise ValueError(f"threads must be 1 to {self._threadpool.threads}; got {threads}.")
        self._functions.llama_set_n_threads(self.handle, threads, threads)

    def processor_seconds(self) -> float:
        """What the threads that compute have spent so far; see Threadpool."""
        _ = self.handle
        return self._threadpool.processor_seconds()

    def _check(self, batch: Batch) -> None:
        """Refuse what would trip an assertion in the library, and so end the process."""
        size = batch.size
        if not 1 <= size <= self.batch_size:
            raise ValueError(f"a batch has 1 to {self.batch_size} tokens; got {size}.")
        sequence = batch.sequence[:size]
        lowest, highest = int(sequence.min()), int(sequence.max())
        if lowest < 0 or highest >= self.slots:
            wrong = lowest if lowest < 0 else highest
            raise ValueError(f"sequence ids are 0 to {self.slots - 1}; got {wrong}.")
        first = int(batch.position[:size].min())
        if first < 0:
            raise ValueError(f"positions are 0 or more; got {first}.")
        outputs = int(np.count_nonzero(batch.output[:size]))
        if outputs > self.max_outputs:
            raise ValueError(f"at most {self.max_outputs} outputs in a batch; got {outputs}.")

    def logits(self, rows: int) -> NDArray[np.float32]:
        """The first `rows` rows of the last decode's logits, in the order of the batch's outputs.

        float32[rows, n_vocab]: a view of the library's memory, good until the next decode or
        `close`; copy what must live longer. Writing to it is allowed.
        """
        if not 0 <= rows <= self._outputs:
            raise ValueError(f"the last decode has {self._outputs} rows of logits; got {rows}.")
        if rows == 0:
            return np.empty((0, self._n_vocab), dtype=np.float32)
        pointer = self._functions.llama_get_logits(self.handle)
        return np.ctypeslib.as_array(pointer, shape=(rows, self._n_vocab))

    def copy_sequence(self, source: int, target: int) -> None:
        """Make `target` the same as `source`, whole; what it held before is gone.

        Only what `source` holds is copied, by way of the sequence's saved state. The library's own
        `llama_memory_seq_cp` copies the whole context length at the next decode: with 8,192 tokens
        of the bundled model 188 MB, 70 ms, where 1,000 tokens in use are 23 MB, 8 ms. A windowed
        model is copied that way all the same, since its saved state lacks what the window hides
        from the last position, and the copy could not be cut back.

        Raises ContextError when the library refuses.
        """
        self._check_sequence(target)
        if source == target:
            return
        if not self.is_windowed:
            self.load_sequence(target, self.save_sequence(source))
            return
        self._check_sequence(source)
        self.remove(target)
        self._functions.llama_memory_seq_cp(self._open_memory, source, target, -1, -1)
        self._copied_to = target

    def _settle(self) -> None:
        """Have the library carry out the copies that it has put off until the next decode.

        It does so before it computes, so that a decode which is stopped at once is enough. That
        decode's token is forgotten again by the library.
        """
        if self._copied_to is None:
            return
        batch = Batch(1)
        batch.size = 1
        batch.token[0] = batch.output[0] = 0
        batch.sequence[0] = self._copied_to
        batch.position[0] = self.position_max(self._copied_to) + 1
        before = self._abort_text[0]
        self._abort_text[0] = b"\x01"
        try:
            self.decode(batch)
        finally:
            self._abort_text[0] = before

    def save_sequence(self, sequence: int) -> NDArray[np.uint8]:
        """What a sequence holds, as bytes for `load_sequence`; the sequence is left as it is.

        Of the layers with a window it is what the last position and later ones see.

        Raises ContextError when the library refuses.
        """
        handle = self.handle
        self._check_sequence(sequence)
        self._settle()
        size: int = self._functions.llama_state_seq_get_size(handle, sequence)
        state = np.empty(size, dtype=np.uint8)
        saved = self._functions.llama_state_seq_get_data(handle, state.ctypes.data, size, sequence)
        if saved != size:
            raise ContextError(f"sequence {sequence} could not be saved: {self._log.reason()}")
        if not self.is_windowed:
            return state
        windowed = self._functions.llama_state_seq_get_size_ext(handle, sequence, WINDOWED_ONLY)
        start = size - (windowed - STATE_HEADER)
        return np.concatenate([state[:start], aligned(state[start:])])

    def load_sequence(self, sequence: int, state: NDArray[np.uint8]) -> None:
        """Make a sequence hold what `save_sequence` of this context gave; bit for bit the same.

        What follows is computed as if the sequence had never been saved. Where the context is
        windowed, the sequence must not be cut back behind the place where it was saved.

        Raises ContextError when the library refuses.
        """
        handle = self.handle
        self._check_sequence(sequence)
        self._settle()
        read = self._functions.llama_state_seq_set_data(
            handle, state.ctypes.data, state.size, sequence
        )
        if read != state.size:
            raise ContextError(f"sequence {sequence} could not be loaded: {self._log.reason()}")

    def remove(self, sequence: int, start: int = 0, end: int = -1) -> bool:
        """Forget positions start to end - 1 of a sequence (end -1: all from start on).

        Returns False, and changes nothing, where the model's memory cannot be cut there; a whole
        sequence can always go.
        """
        memory = self._open_memory
        self._check_sequence(sequence)
        if start < 0:
            raise ValueError(f"positions are 0 or more; got {start}.")
        removed: bool = self._functions.llama_memory_seq_rm(memory, sequence, start, end)
        return removed

    def position_max(self, sequence: int) -> int:
        """The last position that a sequence holds, or -1 when it is empty."""
        memory = self._open_memory
        self._check_sequence(sequence)
        position: int = self._functions.llama_memory_seq_pos_max(memory, sequence)
        return position

    def clear(self) -> None:
        """Forget all sequences."""
        self._functions.llama_memory_clear(self._open_memory, False)

    def _check_sequence(self, sequence: int) -> None:
        if not 0 <= sequence < self.slots:
            raise ValueError(f"sequence ids are 0 to {self.slots - 1}; got {sequence}.")

    def abort(self) -> None:
        """Stop a decode that runs now, and any that follow until `resume`. From any thread."""
        self._abort_text[0] = b"\x01"

    def resume(self) -> None:
        """Let decodes run again after `abort`. From any thread."""
        self._abort_text[0] = b"\x00"

    def close(self) -> None:
        """Free the cache and stop the threads; not during a decode. Twice does nothing more."""
        self._free()
        self._threadpool.close()

    def __enter__(self) -> Self:
        """Close the context at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the context."""
        self.close()
