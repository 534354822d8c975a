"""A model's vocabulary: ids to bytes, text to ids."""

from collections.abc import Callable
from ctypes import byref, c_int32, create_string_buffer
from enum import IntEnum, IntFlag
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from hanabi_llama.model import Model


class VocabType(IntEnum):
    """The kind of tokenizer (`llama_vocab_type`)."""

    NONE = 0
    SPM = 1
    BPE = 2
    WPM = 3
    UGM = 4
    RWKV = 5
    PLAMO2 = 6
    TEST = 7


class TokenAttribute(IntFlag):
    """What the weights say of a token (`llama_token_attr`)."""

    UNKNOWN = 1 << 0
    UNUSED = 1 << 1
    NORMAL = 1 << 2
    CONTROL = 1 << 3
    USER_DEFINED = 1 << 4
    BYTE = 1 << 5
    NORMALIZED = 1 << 6
    LSTRIP = 1 << 7
    RSTRIP = 1 << 8
    SINGLE_WORD = 1 << 9


class Vocab:
    """The tokens of an open model. Made by `Model.vocab`; usable from any thread.

    Ids are 0 to `n_tokens` - 1; any other is a ValueError, since the library would abort.
    """

    def __init__(self, model: "Model") -> None:
        """Look up the vocabulary of `model`, which stays open as long as this is used."""
        self._model = model
        self._functions = model.library.functions
        self._address: int = self._functions.llama_model_get_vocab(model.handle)
        self.type = VocabType(self._functions.llama_vocab_type(self._address))
        self.n_tokens: int = self._functions.llama_vocab_n_tokens(self._address)
        self.bos = self._special(self._functions.llama_vocab_bos)
        self.eos = self._special(self._functions.llama_vocab_eos)
        self.eot = self._special(self._functions.llama_vocab_eot)
        self.add_bos: bool = self._functions.llama_vocab_get_add_bos(self._address)

    @property
    def _handle(self) -> int:
        """The vocabulary's address, while its model is open."""
        _ = self._model.handle
        return self._address

    def _special(self, function: Callable[[int], int]) -> int | None:
        token = function(self._address)
        return token if token >= 0 else None

    def _checked(self, token: int) -> int:
        if not 0 <= token < self.n_tokens:
            raise ValueError(f"token ids are 0 to {self.n_tokens - 1}; got {token}.")
        return token

    def attributes(self, token: int) -> TokenAttribute:
        """What the weights say of a token."""
        found = self._functions.llama_vocab_get_attr(self._handle, self._checked(token))
        return TokenAttribute(found)

    def is_control(self, token: int) -> bool:
        """Whether the token steers the model instead of standing for text."""
        found: bool = self._functions.llama_vocab_is_control(self._handle, self._checked(token))
        return found

    def is_end(self, token: int) -> bool:
        """Whether the token ends a generation (EOS, EOT and the like)."""
        found: bool = self._functions.llama_vocab_is_eog(self._handle, self._checked(token))
        return found

    def text(self, token: int) -> bytes:
        """The token as the weights spell it, with the tokenizer's marks for spaces and bytes."""
        found: bytes = self._functions.llama_vocab_get_text(self._handle, self._checked(token))
        return found

    @cached_property
    def suppressed(self) -> frozenset[int]:
        """Tokens that the weights ask never to generate."""
        count = c_int32()
        listed = self._functions.llama_vocab_get_suppress_tokens(self._handle, byref(count))
        return frozenset(listed[index] for index in range(count.value))

    def piece(self, token: int) -> bytes:
        """The bytes that the token stands for; a control token's are its name."""
        handle, token = self._handle, self._checked(token)
        buffer = create_string_buffer(64)
        size = self._functions.llama_token_to_piece(handle, token, buffer, len(buffer), 0, True)
        if size < 0:
            buffer = create_string_buffer(-size)
            size = self._functions.llama_token_to_piece(handle, token, buffer, -size, 0, True)
        return buffer.raw[:size]

    def pieces(self) -> list[bytes]:
        """The bytes of every token, by id."""
        handle, convert = self._handle, self._functions.llama_token_to_piece
        buffer = create_string_buffer(256)
        view = memoryview(buffer)
        length = len(buffer)
        found: list[bytes] = []
        for token in range(self.n_tokens):
            size = convert(handle, token, buffer, length, 0, True)
            found.append(view[:size].tobytes() if size >= 0 else self.piece(token))
        return found

    def tokenize(
        self, text: str | bytes, *, add_special: bool = False, parse_special: bool = False
    ) -> NDArray[np.int32]:
        """Turn text into token ids. Other threads run meanwhile.

        Args:
            text: a str, in which lone surrogates count as U+FFFD, or UTF-8 bytes; NUL is a
                character like any other.
            add_special: add BOS and EOS as the weights ask for.
            parse_special: let spellings of control tokens become those tokens.
        """
        raw = text if isinstance(text, bytes) else encode(text)
        handle = self._handle
        # Byte-level vocabularies never have more tokens than bytes, but normalising ones may; then
        # the answer is the negative count that is needed.
        buffer = np.empty(len(raw) + 8, dtype=np.int32)
        for _ in range(2):
            count: int = self._functions.llama_tokenize(
                handle, raw, len(raw), buffer.ctypes.data, len(buffer), add_special, parse_special
            )
            if count >= 0:
                return buffer[:count].copy()
            buffer = np.empty(-count, dtype=np.int32)
        raise ValueError(f"a text of {len(raw)} bytes makes too many tokens to count.")


def encode(text: str) -> bytes:
    """UTF-8, where surrogate pairs become their character and lone surrogates U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
