"""Who may see and who may change what an account has."""

from hanabi.accounts.account import Account
from hanabi.errors import PermissionDeniedError
from hanabi.registry.model import StoredModel


def may_manage(caller: Account, account: str) -> bool:
    """Whether a key may change the models of an account: its own keys may, and admins.

    A key that is narrowed down to some models is there to use them, and changes none.
    """
    return caller.admin or (caller.account == account and caller.models is None)


def may_read(caller: Account, model: StoredModel) -> bool:
    """Whether a key may see a model: a public one is everybody's, whose key is for all models."""
    if caller.models is not None and str(model.name) not in caller.models:
        return False
    return caller.admin or model.details.public or caller.account == model.name.account


def check_may_manage(caller: Account, account: str) -> None:
    """Raise PermissionDeniedError unless a key may change the models of an account."""
    if may_manage(caller, account):
        return
    if caller.models is not None:
        raise PermissionDeniedError("This API key is for the use of some models, and manages none")
    raise PermissionDeniedError(
        f"This API key is of the account {caller.account!r} and manages models of no other:"
        f" {account!r}"
    )


def check_admin(caller: Account) -> None:
    """Raise PermissionDeniedError unless a key may manage the API keys of every account."""
    if not caller.admin:
        raise PermissionDeniedError("This API key is no admin's, and only those manage API keys")
