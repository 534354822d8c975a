"""The web console's sign-in on the wire."""

from typing import Annotated

from msgspec import Meta, Struct


class SignInRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a one-time link carries."""

    token: Annotated[str, Meta(max_length=100)]


class SignInReply(Struct, frozen=True, kw_only=True):
    """The local API key."""

    api_key: str
