"""API keys on the wire, in camelCase, as far as there are such in Fireworks' gateway.

A key without a value is absent from a reply. Times are RFC 3339 in UTC.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

NAME_MAX = 100
"""Characters of a key's name."""

LIMIT_MAX = 10**15
"""The greatest number of any limit; JSON's numbers carry it exactly."""

MODELS_MAX = 100
"""Models that a key can be narrowed down to."""


_Limit = Annotated[int, Meta(ge=1, le=LIMIT_MAX)]


class ApiKeyLimits(
    Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """What a key may use; what is left out has no limit."""

    requests_per_minute: Annotated[
        _Limit | None, Meta(description="The most requests in a minute.")
    ] = None
    tokens_per_minute: Annotated[
        _Limit | None, Meta(description="The most tokens of prompts and replies in a minute.")
    ] = None
    max_concurrent: Annotated[_Limit | None, Meta(description="The most requests at once.")] = None
    monthly_tokens: Annotated[
        _Limit | None, Meta(description="The most tokens in a calendar month, UTC.")
    ] = None


class NewApiKey(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A key that is to be made."""

    display_name: Annotated[
        str,
        Meta(min_length=1, max_length=NAME_MAX, description="What a list calls it; printable."),
    ]
    expire_time: Annotated[
        Annotated[str, Meta(max_length=64)] | None,
        Meta(description="RFC 3339, in the future; never when left out."),
    ] = None
    admin: Annotated[
        bool | None, Meta(description="Whether it manages all accounts, their models and keys.")
    ] = None
    models: Annotated[
        Annotated[list[str], Meta(min_length=1, max_length=MODELS_MAX)] | None,
        Meta(description="Full names of the only models that it may use; not for an admin key."),
    ] = None
    limits: ApiKeyLimits = ApiKeyLimits()


class CreateApiKeyRequest(
    Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """Make a key for an account."""

    api_key: NewApiKey


class ApiKey(Struct, frozen=True, kw_only=True, rename="camel"):
    """A key in a list.

    Attributes:
        key_id: its public id.
        display_name: what a list calls it.
        prefix: its first characters.
        admin: whether it manages all accounts, their models and keys.
        create_time: when it was made.
        expire_time: from when on it is no longer good; absent where it stays good.
        revoke_time: when it was revoked.
        models: full names of the only models that it may use; absent for all of its account.
        limits: what it may use.
    """

    key_id: str
    display_name: str
    prefix: str
    admin: bool
    create_time: str
    expire_time: str | UnsetType = UNSET
    revoke_time: str | UnsetType = UNSET
    models: list[str] | UnsetType = UNSET
    limits: ApiKeyLimits


class OwnApiKey(ApiKey, frozen=True, kw_only=True, rename="camel"):
    """A key as its owner sees it.

    Attributes:
        account: the account that it stands for.
    """

    account: str


class CreatedApiKey(ApiKey, frozen=True, kw_only=True, rename="camel"):
    """A new key.

    Attributes:
        key: its text. It stands in this reply only: nobody can read it again.
    """

    key: str


class ApiKeyList(Struct, frozen=True, kw_only=True, rename="camel"):
    """The keys of an account, the oldest first, expired and revoked ones included."""

    api_keys: list[ApiKey]
    total_size: int
