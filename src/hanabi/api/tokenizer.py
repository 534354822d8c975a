"""The tokenizer routes: text to ids and back, as completions would do it."""

from contextlib import AbstractAsyncContextManager

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from hanabi.api.auth import account_of
from hanabi.api.body import Body
from hanabi.api.json_response import json_response
from hanabi.errors import InvalidRequestError
from hanabi.generation.backend import Backend
from hanabi.generation.prompt import Part, spelled, tokenize, with_bos
from hanabi.generation.served_model import Catalog
from hanabi.protocol.tokenizer import (
    DetokenizeReply,
    DetokenizeRequest,
    TokenizeReply,
    TokenizeRequest,
)
from hanabi.styles.style import Text


class Tokenizer:
    """The routes that tokenize with a served model."""

    def __init__(self, catalog: Catalog, max_body_bytes: int) -> None:
        """Take what finds models, and the most bytes of a request body."""
        self._catalog = catalog
        self._tokenize = Body(TokenizeRequest, max_body_bytes)
        self._detokenize = Body(DetokenizeRequest, max_body_bytes)

    async def tokenize(self, request: Request) -> Response:
        """POST tokenize."""
        wire = await self._tokenize.read(request.scope, request.receive)
        parts: tuple[Part, ...] = (Text(wire.prompt),) if wire.prompt else ()
        async with self._backend(wire.model, request) as backend:
            vocab, context_length = backend.vocab, backend.context_length
            if wire.add_special_tokens is not False:
                parts = with_bos(parts, vocab)
            ids = await tokenize(parts, backend)
        return json_response(
            TokenizeReply(
                count=len(ids),
                max_model_len=context_length,
                tokens=list(ids),
                token_strs=[spelled((token,), vocab) for token in ids]
                if wire.return_token_strs
                else UNSET,
            )
        )

    async def detokenize(self, request: Request) -> Response:
        """POST detokenize."""
        wire = await self._detokenize.read(request.scope, request.receive)
        async with self._backend(wire.model, request) as backend:
            vocab = backend.vocab
        for index, token in enumerate(wire.tokens):
            if token >= vocab.size:
                raise InvalidRequestError(
                    f"tokens[{index}] must be between 0 and {vocab.size - 1}: {token}",
                    param=f"tokens[{index}]",
                )
        return json_response(DetokenizeReply(prompt=spelled(wire.tokens, vocab)))

    def _backend(self, model: str, request: Request) -> AbstractAsyncContextManager[Backend]:
        return self._catalog.find(model, account_of(request.scope)).backend()
