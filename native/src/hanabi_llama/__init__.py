"""A thin layer over one release of llama.cpp: load a model, decode batches, read logits.

    with Model.open("model.gguf") as model, Context(model, slots=4, ...) as context:
        batch = Batch(512)
        ...
        context.decode(batch)
        rows = context.logits(1)

Only what the Hanabi engine calls. Sampling, scheduling and text are not here.
"""

from hanabi_llama.attention import TILE
from hanabi_llama.batch import Batch
from hanabi_llama.context import Context, DecodeResult
from hanabi_llama.errors import (
    ClosedError,
    ContextError,
    DecodeError,
    LibraryError,
    LlamaError,
    ModelLoadError,
    UnsuitableModelError,
)
from hanabi_llama.kernels import Kernels
from hanabi_llama.library import RELEASE, Library, kernels, load
from hanabi_llama.memory import SequenceMemory
from hanabi_llama.model import Model
from hanabi_llama.own_kernels import OwnKernels
from hanabi_llama.seen import Seen
from hanabi_llama.vocab import TokenAttribute, Vocab, VocabType

__all__ = [
    "RELEASE",
    "TILE",
    "Batch",
    "ClosedError",
    "Context",
    "ContextError",
    "DecodeError",
    "DecodeResult",
    "Kernels",
    "Library",
    "LibraryError",
    "LlamaError",
    "Model",
    "ModelLoadError",
    "OwnKernels",
    "Seen",
    "SequenceMemory",
    "TokenAttribute",
    "UnsuitableModelError",
    "Vocab",
    "VocabType",
    "kernels",
    "load",
]
