"""Who may see and who may change the models of an account."""

from hanabi.accounts.account import Account
from hanabi.errors import PermissionDeniedError
from hanabi.registry.model import StoredModel


def may_manage(caller: Account, account: str) -> bool:
    """Whether a key may change the models of an account: its own keys may, and admins."""
    return caller.admin or caller.account == account


def may_read(caller: Account, model: StoredModel) -> bool:
    """Whether a key may see a model: a public one is everybody's."""
    return model.details.public or may_manage(caller, model.name.account)


def check_may_manage(caller: Account, account: str) -> None:
    """Raise PermissionDeniedError unless a key may change the models of an account."""
    if not may_manage(caller, account):
        raise PermissionDeniedError(
            f"This API key is of the account {caller.account!r} and manages models of no other:"
            f" {account!r}"
        )
