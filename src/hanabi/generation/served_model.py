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


class Catalog(Protocol):
    """Finds served models by name."""

    def find(self, name: str, account: str) -> ServedModel:
        """The model that `name` means for `account`. Raises ModelNotFoundError."""
        ...
