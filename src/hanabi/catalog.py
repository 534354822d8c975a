"""The models of this server: what the registry stores, on the engines that run it."""

from collections.abc import Sequence

from hanabi.api.models import ListedModel
from hanabi.engine.engine import Engine
from hanabi.engine.pool import EnginePool
from hanabi.generation.defaults import ModelDefaults
from hanabi.registry.model import StoredModel
from hanabi.registry.names import requested_name
from hanabi.registry.store import Store
from hanabi.styles.style import Style


class RegisteredModel:
    """A stored model that can be asked for text.

    Implements `hanabi.generation.served_model.ServedModel`.
    """

    def __init__(self, stored: StoredModel, pool: EnginePool) -> None:
        """Take the model and where its engine is."""
        self._stored = stored
        self._pool = pool

    @property
    def name(self) -> str:
        """Its full name."""
        return str(self._stored.name)

    @property
    def style(self) -> Style | None:
        """Its conversation style, or None when it has no conversation config."""
        return self._stored.manifest.style

    @property
    def defaults(self) -> ModelDefaults:
        """What its fireworks.json fills in."""
        return self._stored.manifest.defaults

    async def backend(self) -> Engine:
        """Its engine, loaded first where needed. Raises UnavailableError."""
        return await self._pool.get(self._stored.weights)


class ModelCatalog:
    """Finds and lists the models of a store, and one that was named on the command line."""

    def __init__(self, store: Store, pool: EnginePool, guest: StoredModel | None = None) -> None:
        """Take the store, the engines, and a model beside the store's that is served as well."""
        self._store = store
        self._pool = pool
        self._guest = guest

    def find(self, name: str, account: str) -> RegisteredModel:
        """The model that a request names. Raises ModelNotFoundError."""
        del account  # every model is public until accounts own models (private ones)
        wanted = requested_name(name)
        if self._guest is not None and self._guest.name == wanted:
            return RegisteredModel(self._guest, self._pool)
        return RegisteredModel(self._store.get(wanted), self._pool)

    def list_models(self, account: str) -> Sequence[ListedModel]:
        """The models that `account` may use, in the order of their names."""
        del account
        return [
            ListedModel(str(model.name), model.record.created, model.name.account)
            for model in self._all()
        ]

    def _all(self) -> Sequence[StoredModel]:
        """Every model; the guest hides a stored one of its name."""
        stored = self._store.list()
        if self._guest is None:
            return stored
        others = [model for model in stored if model.name != self._guest.name]
        return sorted([*others, self._guest], key=lambda model: model.name)
