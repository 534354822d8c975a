"""What is worth knowing of a loaded model."""

from collections.abc import Mapping

import msgspec


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """How a loaded model is computed and what it takes.

    Attributes:
        architecture: `llama`, `qwen2` and the like.
        exact: whether logits are the same to the bit however sequences are cut and whatever runs
            beside them.
        prefix_cache: whether the memory of a sequence can be cut, so that the beginning of an
            earlier prompt is used again.
        window: tokens that its sliding window sees; 0 where every layer sees all tokens.
        bytes_per_slot: of a sequence whatever its length, the states of recurrent layers.
        bytes_per_token: of a token in the KV cache.
        operations: whose kernels compute an operation, by the operation.
    """

    architecture: str = ""
    exact: bool = True
    prefix_cache: bool = True
    window: int = 0
    bytes_per_slot: int = 0
    bytes_per_token: int = 0
    operations: Mapping[str, str] = {}
