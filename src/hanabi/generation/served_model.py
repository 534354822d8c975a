"""A model as the service needs it; the registry and the engine pool make it together."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from hanabi.generation.backend import Backend
from hanabi.generation.defaults import ModelDefaults
from hanabi.styles.style import Style


class ServedModel(Protocol):
    """A model that can be asked for text.

    Attributes:
        name: its full name, `accounts/<account>/models/<model>`.
        style: its conversation style, or None when it has no conversation config.
        defaults: what its fireworks.json fills in.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - told above

    @property
    def style(self) -> Style | None: ...  # noqa: D102 - told above

    @property
    def defaults(self) -> ModelDefaults: ...  # noqa: D102 - told above

    def backend(self) -> AbstractAsyncContextManager[Backend]:
        """The loaded backend, loaded first where needed; entering raises UnavailableError.

        It stays loaded within the context, and for as long as what was submitted there runs.
        """
        ...


class Asker(Protocol):
    """Who asks for a model; a `TextRequest` says it as well as an account does.

    Attributes:
        account: the account's id.
        models: full names of the only models that there are for the asker; None: all that there
            are for the account.
    """

    @property
    def account(self) -> str: ...  # noqa: D102 - told above

    @property
    def models(self) -> frozenset[str] | None: ...  # noqa: D102 - told above


class Catalog(Protocol):
    """Finds served models by name."""

    def find(self, name: str, asker: Asker) -> ServedModel:
        """The model that `name` means for the asker. Raises ModelNotFoundError."""
        ...
