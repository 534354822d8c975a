"""Whose request it is."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a key may use; None is no limit.

    Attributes:
        requests_per_minute: generating requests.
        tokens_per_minute: tokens of prompts and replies.
        max_concurrent: generating requests at once.
        monthly_tokens: tokens of prompts and replies in a calendar month, UTC.
    """

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    max_concurrent: int | None = None
    monthly_tokens: int | None = None


class Account(msgspec.Struct, frozen=True):
    """What a good API key stands for.

    Attributes:
        account: the account's id, as in `accounts/<account>/models/<model>`.
        key_id: the key's public id, for usage and logs; never the key.
        admin: whether the key may manage accounts and keys.
        limits: what it may use.
        models: full names of the models that it may use; None: all that its account may.
    """

    account: str
    key_id: str
    admin: bool
    limits: Limits = Limits()
    models: frozenset[str] | None = None
