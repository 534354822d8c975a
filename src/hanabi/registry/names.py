"""The names of models: `accounts/<account>/models/<model>`."""

import re
from reprlib import repr as quoted  # names come from clients: a long one is cut short

import msgspec

from hanabi.errors import InvalidRequestError, ModelNotFoundError

ID_RULE = "1 to 63 of a-z, 0-9 and '-', the first and the last no '-'"
"""What an account id and a model id may be; both become folder names, hence no upper case."""

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class ModelName(msgspec.Struct, frozen=True, order=True):
    """A valid model name; as text, `accounts/<account>/models/<model>`."""

    account: str
    model: str

    def __post_init__(self) -> None:
        """Check both ids; raises InvalidRequestError that states the rule and the value."""
        for kind, given in (("account", self.account), ("model", self.model)):
            check_id(kind, given, param="model")

    def __str__(self) -> str:
        """The full name."""
        return f"accounts/{self.account}/models/{self.model}"


def check_id(kind: str, given: str, *, param: str) -> None:
    """Check the id of an account or a model. Raises InvalidRequestError that states the rule."""
    if not _ID.fullmatch(given):
        raise InvalidRequestError(f"{kind} id must be {ID_RULE}: {quoted(given)}", param=param)


def parse_name(text: str) -> ModelName:
    """Read a full name, as given when a model is created.

    Raises InvalidRequestError that states the rule and the value.
    """
    match text.split("/"):
        case ["accounts", account, "models", model]:
            return ModelName(account, model)
    raise InvalidRequestError(
        f"a model name must be accounts/<account>/models/<model>: {quoted(text)}", param="model"
    )


def requested_name(text: str) -> ModelName:
    """Read the `model` of a request: a full name, or what clients send in its place.

    `fireworks/<model>` means the account `fireworks`; what follows a `#` names a deployment, and
    there is only one of each model here. Raises ModelNotFoundError for anything else: no model
    has such a name.
    """
    name, _, _deployment = text.partition("#")
    if name.startswith("fireworks/"):
        name = f"accounts/fireworks/models/{name.removeprefix('fireworks/')}"
    try:
        return parse_name(name)
    except InvalidRequestError as error:
        raise ModelNotFoundError from error


def id_from(text: str) -> str:
    """Make a model id of any text, such as a file's stem: `My Model.Q4_1` -> `my-model-q4-1`.

    A text without a single usable character gives `model`.
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].rstrip("-") or "model"
