"""Whose request it is."""

import msgspec


class Account(msgspec.Struct, frozen=True):
    """What a good API key stands for.

    Attributes:
        account: the account's id, as in `accounts/<account>/models/<model>`.
        key_id: the key's public id, for usage and logs; never the key.
        admin: whether the key may manage accounts and keys.
    """

    account: str
    key_id: str
    admin: bool
