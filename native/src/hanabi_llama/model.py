"""A loaded model: weights, facts about them, and the vocabulary."""

import os
import weakref
from collections.abc import Callable
from ctypes import create_string_buffer
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from hanabi_llama.errors import ClosedError, ModelLoadError
from hanabi_llama.library import Library, load
from hanabi_llama.memory import SequenceMemory, measure
from hanabi_llama.structs import LOAD_MODE_MMAP, ProgressCallback
from hanabi_llama.vocab import Vocab, VocabType

if TYPE_CHECKING:
    from hanabi_llama.context import Context

TYPE_F16_SIZE = 2
"""Bytes of one element of the KV cache."""


class Model:
    """A model file, mapped into memory. Several contexts may share it; usable from any thread.

    Attributes:
        library: the library that holds it.
        path: the file.
        vocab: its tokens.
        n_ctx_train: the context length that it was trained with, in tokens.
        n_layer, n_embd, n_head, n_head_kv: its shape.
        n_swa: the sliding window of its attention in tokens, or 0.
        n_params: the number of its weights.
        size_bytes: the size of its tensors.
        description: the library's own words, `llama 256M Q4_1`.
        chat_template: the Jinja text that the file carries, or None.
        has_encoder, has_decoder: only a model with a decoder alone can be served by `Context`.
        is_recurrent, is_hybrid: whether its memory is, or includes, a state that cannot be cut.
    """

    def __init__(self, library: Library, handle: int, path: Path) -> None:
        """Use `Model.open`."""
        functions = library.functions
        self.library = library
        self.path = path
        self._handle = handle
        # Runs at `close` or when the model is collected, and only once; not at exit, when threads
        # of the library may still compute.
        self._free = weakref.finalize(self, functions.llama_model_free, handle)
        self._free.atexit = False
        self._contexts: weakref.WeakSet[Context] = weakref.WeakSet()
        self.n_ctx_train: int = functions.llama_model_n_ctx_train(handle)
        self.n_layer: int = functions.llama_model_n_layer(handle)
        self.n_embd: int = functions.llama_model_n_embd(handle)
        self.n_head: int = functions.llama_model_n_head(handle)
        self.n_head_kv: int = functions.llama_model_n_head_kv(handle)
        self.n_swa: int = functions.llama_model_n_swa(handle)
        self.n_params: int = functions.llama_model_n_params(handle)
        self.size_bytes: int = functions.llama_model_size(handle)
        self.has_encoder: bool = functions.llama_model_has_encoder(handle)
        self.has_decoder: bool = functions.llama_model_has_decoder(handle)
        self.is_recurrent: bool = functions.llama_model_is_recurrent(handle)
        self.is_hybrid: bool = functions.llama_model_is_hybrid(handle)
        self.description = _text(functions.llama_model_desc, handle)
        template: bytes | None = functions.llama_model_chat_template(handle, None)
        self.chat_template = None if template is None else template.decode("utf-8", "replace")
        self.vocab = Vocab(self)

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, progress: Callable[[float], None] | None = None
    ) -> Self:
        """Load a GGUF file (of a split model: the first part).

        Args:
            path: the file.
            progress: called with 0.0 to 1.0 while it loads, in this thread; what it raises stops
                the loading and comes out here.

        Raises ModelLoadError with the library's reason, and LibraryError when there is no library.
        """
        place = Path(path)
        if not place.is_file():
            raise ModelLoadError(f"{place} is no file.")
        library = load()
        raised: list[BaseException] = []

        def report(done: float, _: object) -> bool:
            try:
                if progress is not None:
                    progress(done)
            except BaseException as error:  # noqa: BLE001 - C between us: it is raised again below
                raised.append(error)
                return False
            return True

        params = library.functions.llama_model_default_params()
        params.load_mode = LOAD_MODE_MMAP
        params.progress_callback = ProgressCallback(report)
        library.log.clear()
        handle = library.functions.llama_model_load_from_file(os.fsencode(place), params)
        if raised:
            if handle:
                library.functions.llama_model_free(handle)
            raise raised[0]
        if not handle:
            raise ModelLoadError(f"{place} could not be loaded: {library.log.reason()}")
        model = cls(library, handle, place)
        if model.vocab.type is VocabType.NONE:
            model.close()
            raise ModelLoadError(f"{place} has no tokenizer.")
        return model

    @property
    def handle(self) -> int:
        """The C pointer. Raises ClosedError after `close`."""
        if not self._free.alive:
            raise ClosedError(f"the model {self.path.name} is closed.")
        return self._handle

    def metadata(self) -> dict[str, str]:
        """The scalar values of the GGUF header, as text; arrays are left out by the library."""
        functions, handle = self.library.functions, self.handle
        return {
            _text(functions.llama_model_meta_key_by_index, handle, index): _text(
                functions.llama_model_meta_val_str_by_index, handle, index
            )
            for index in range(functions.llama_model_meta_count(handle))
        }

    def kv_bytes_per_token(self) -> int:
        """About what one token of one sequence takes in the KV cache, in bytes.

        Layers x (key + value width) x 2 bytes, as if all layers were alike: `sequence_memory`
        counts it.
        """
        found = self.metadata()
        attention = f"{found.get('general.architecture', '')}.attention"
        width = self.n_embd // max(self.n_head, 1)
        key = int(found.get(f"{attention}.key_length", width))
        value = int(found.get(f"{attention}.value_length", width))
        heads = self.n_head_kv or self.n_head
        return self.n_layer * heads * (key + value) * TYPE_F16_SIZE

    def sequence_memory(self, kv_type: str = "f16") -> SequenceMemory:
        """What a sequence and each of its tokens take, as the library makes room for them.

        kv_type: a key of KV_TYPES, the element type of the KV cache.

        Raises UnsuitableModelError where the model cannot generate text, and ContextError where the
        library makes no context.
        """
        return measure(self, kv_type)

    def attach(self, context: "Context") -> None:
        """Take note of a context, which `close` closes first."""
        self._contexts.add(context)

    def close(self) -> None:
        """Close its contexts and give the memory back. Closing twice does nothing more."""
        for context in list(self._contexts):
            context.close()
        self._free()

    def __enter__(self) -> Self:
        """Close the model at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the model."""
        self.close()


def _text(function: Any, *arguments: int) -> str:
    """Ask a C function for a text of unknown length: it returns the length that it would need."""
    size = 256
    while True:
        buffer = create_string_buffer(size)
        length = function(*arguments, buffer, size)
        if length < size:
            return buffer.raw[: max(length, 0)].decode("utf-8", "replace")
        size = length + 1
