"""A page of models: which ones, and the token that asks for the next."""

import base64
import binascii
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from hanabi.api.gateway.filter import parse_filter
from hanabi.api.gateway.order import Place, parse_order
from hanabi.errors import InvalidRequestError
from hanabi.protocol.gateway import PAGE_SIZE, ModelPageQuery
from hanabi.registry.model import StoredModel


class Page(Struct, frozen=True):
    """A page.

    Attributes:
        models: those of this page, in order.
        next_token: asks for the next page; "" on the last one.
        total: how many models all pages have.
    """

    models: list[StoredModel]
    next_token: str
    total: int


class _Token(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page ended, in which list: a token is of no use for another filter or order."""

    filter: str
    order_by: str
    last: Place


def make_page(models: Sequence[StoredModel], query: ModelPageQuery) -> Page:
    """The page of `models` that a query asks for.

    It begins after the last model of the page before, wherever that is by now, so that models
    which come and go in between neither repeat nor hide another. Raises InvalidRequestError for a
    filter, an order or a token that is none.
    """
    holds, order = parse_filter(query.filter), parse_order(query.order_by)
    found = order.sort([model for model in models if holds(model)])
    rest = found
    if query.page_token:
        last = _read_token(query)
        rest = [model for model in found if order.is_after(model, last)]
    size = query.page_size or PAGE_SIZE
    shown = rest[:size]
    token = ""
    if len(rest) > size:
        token = _write_token(_Token(query.filter, query.order_by, order.place(shown[-1])))
    return Page(shown, token, len(found))


def _write_token(token: _Token) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(token)).decode().rstrip("=")


def _read_token(query: ModelPageQuery) -> Place:
    """Where the page before ended."""
    text = query.page_token
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        token = msgspec.msgpack.decode(raw, type=_Token)
    except (binascii.Error, msgspec.DecodeError, ValueError) as error:
        raise InvalidRequestError(
            "pageToken must be the nextPageToken of a page of this list", param="pageToken"
        ) from error
    kind = int if parse_order(query.order_by).field == "createTime" else str
    if (token.filter, token.order_by) != (query.filter, query.order_by) or not isinstance(
        token.last.key, kind
    ):
        raise InvalidRequestError(
            "pageToken was made for another filter or orderBy: keep both from page to page",
            param="pageToken",
        )
    return token.last
