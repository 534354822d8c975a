"""What a sequence takes of the library's memory, counted where the library makes room for it.

Architectures differ: some layers have no attention, some share their keys and values with others,
some keep keys alone or both in a compressed form, and recurrent layers keep a state of one size
whatever the length. The header tells that in as many ways; the library's buffers tell it in bytes.
"""

from typing import TYPE_CHECKING, NamedTuple

from hanabi_llama.errors import ContextError, UnsuitableModelError
from hanabi_llama.structs import KV_TYPES, ContextParams

if TYPE_CHECKING:
    from hanabi_llama.model import Model

STEP = 256
"""Tokens: the library rounds a sequence's context up to a multiple of this."""

BYTES_OF_16 = {"f16": 32, "q8_0": 17}
"""Element type of the KV cache -> bytes of 16 elements."""

FLOAT_SIZE = 4
"""Bytes of a logit."""


class SequenceMemory(NamedTuple):
    """What a context takes beside the weights.

    Attributes:
        per_slot: bytes of a sequence, however long it is: the states of recurrent layers.
        per_token: bytes of a token of context: keys and values.
    """

    per_slot: int
    per_token: int


def measure(model: "Model", kv_type: str) -> SequenceMemory:
    """What sequences of a model take: two contexts of one sequence are made, and dropped.

    The memory is neither written nor kept. Raises UnsuitableModelError where the model has no
    memory, and ContextError where the library makes no context.
    """
    check_generates(model)
    short, long = (_cleared_bytes(model, kv_type, tokens) for tokens in (STEP, 2 * STEP))
    if not short:  # this platform's buffers are not ours to count
        halves = model.kv_bytes_per_token()
        return SequenceMemory(0, halves * BYTES_OF_16[kv_type] // BYTES_OF_16["f16"])
    per_token = -(-(long - short) // STEP)
    outputs = FLOAT_SIZE * model.vocab.n_tokens  # the logits of a sequence are cleared, too
    return SequenceMemory(max(0, short - STEP * per_token - outputs), per_token)


def check_generates(model: "Model") -> None:
    """Raise UnsuitableModelError for a model that answers with an encoder, or only embeds."""
    if model.has_encoder or not model.has_decoder:
        raise UnsuitableModelError("the model has an encoder: it cannot generate text by itself.")


def check_memory(address: int | None) -> int:
    """Return the address of a context's memory of the tokens before.

    Raises UnsuitableModelError where it has none, as encoders and diffusion models: each token
    would be computed as if it were the first.
    """
    if not address:
        raise UnsuitableModelError(
            "the model keeps nothing of the tokens before: it cannot generate text."
        )
    return address


def _cleared_bytes(model: "Model", kv_type: str, tokens: int) -> int:
    """The bytes that the library clears to make a context of one sequence: its memory."""
    library = model.library
    functions = library.functions
    params: ContextParams = functions.llama_context_default_params()
    params.n_ctx = tokens
    params.n_batch = params.n_ubatch = params.n_seq_max = params.n_outputs_max = 1
    params.n_threads = params.n_threads_batch = 1
    params.flash_attn_type = 1
    params.type_k = params.type_v = KV_TYPES[kv_type]
    params.kv_unified = False
    library.log.clear()
    before = library.clearing.cleared
    handle = functions.llama_init_from_model(model.handle, params)
    if not handle:
        raise ContextError(f"no context could be made for the model: {library.log.reason()}")
    try:
        check_memory(functions.llama_get_memory(handle))
    finally:
        functions.llama_free(handle)
    return library.clearing.cleared - before
