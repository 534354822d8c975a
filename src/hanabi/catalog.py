"""The models of this server: what the registry stores, on the engines that run it."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any

import msgspec

from hanabi.api.models import ListedModel
from hanabi.engine.engine import Engine
from hanabi.engine.pool import EnginePool
from hanabi.errors import ModelNotFoundError, UnavailableError
from hanabi.generation.defaults import ModelDefaults
from hanabi.generation.served_model import Asker
from hanabi.registry.model import StoredModel
from hanabi.registry.names import ModelName, requested_name
from hanabi.registry.registry import Registry
from hanabi.styles.catalog import make_style
from hanabi.styles.style import Style
from hanabi.styles.template.processes import TemplateProcesses


class RegisteredModel:
    """A stored model that can be asked for text.

    Implements `hanabi.generation.served_model.ServedModel`.
    """

    def __init__(self, stored: StoredModel, pool: EnginePool, templates: TemplateProcesses) -> None:
        """Take the model, and where its engine and its style's template run."""
        self._stored = stored
        self._pool = pool
        self._templates = templates

    @property
    def name(self) -> str:
        """Its full name."""
        return str(self._stored.name)

    @property
    def style(self) -> Style | None:
        """Its conversation style, or None when it has no conversation config."""
        config = self._stored.manifest.conversation_config
        if config is None:
            return None
        return make_style(config.style, config.args, self._templates.render)

    @property
    def defaults(self) -> ModelDefaults:
        """What its fireworks.json fills in."""
        return self._stored.manifest.defaults

    def backend(self) -> AbstractAsyncContextManager[Engine]:
        """A lease of its engine, loaded first where needed.

        Entering raises UnavailableError, and UnusableModelError where its weights cannot be run.
        """
        if self._stored.weights is None:  # only an upload has none yet, and those are not found
            raise ModelNotFoundError
        return self._pool.lease(self._stored.weights, self.name)


class ModelCatalog:
    """Finds and lists the models of a registry, and one that was named on the command line."""

    def __init__(
        self,
        registry: Registry,
        pool: EnginePool,
        templates: TemplateProcesses,
        guest: StoredModel | None = None,
    ) -> None:
        """Take the registry, the engines, and a model beside the registry's that is served too."""
        self._registry = registry
        self._pool = pool
        self._templates = templates
        self._guest = guest

    def find(self, name: str, asker: Asker) -> RegisteredModel:
        """The model that a request names. Raises ModelNotFoundError."""
        stored = self._seen(requested_name(name), asker)
        return RegisteredModel(stored, self._pool, self._templates)

    def describe(self, name: str, asker: Asker) -> ListedModel:
        """The model that a request names, under that name. Raises ModelNotFoundError."""
        wanted = requested_name(name)
        return _listed(wanted, self._seen(wanted, asker), self._pool.loaded)

    def list_models(self, asker: Asker) -> Sequence[ListedModel]:
        """The models that the asker may use, sorted by name; an alias is one more of them."""
        stored = self._registry.list(asker.account)
        named = {model.name: model for model in stored if model.state == "READY"}
        for alias in self._registry.aliases():
            if alias.target in named:
                named[alias.name] = named[alias.target]
        if self._guest is not None:  # it hides a stored one of its name
            named[self._guest.name] = self._guest
        seen = [name for name in named if _is_allowed(name, named[name], asker)]
        loaded = self._pool.loaded
        return [_listed(name, named[name], loaded) for name in sorted(seen)]

    async def delete(self, name: ModelName) -> None:
        """Delete a model, and return when its last running request has ended.

        From its first moment on nobody finds the model. Its engine keeps the file open that is
        deleted, and stays where another model has the same weights.

        Raises ModelNotFoundError, and ConflictError where the model has aliases.
        """
        weights = None
        with suppress(UnavailableError):  # a damaged one was never loaded
            weights = (await asyncio.to_thread(self._registry.get, name)).weights
        await asyncio.to_thread(self._registry.delete, name)
        if weights is not None and not await asyncio.to_thread(self._uses, weights):
            await self._pool.unload(weights)

    def _seen(self, name: ModelName, asker: Asker) -> StoredModel:
        """The model of that name or alias that the asker may use. Raises ModelNotFoundError."""
        if self._guest is not None and self._guest.name == name:
            model = self._guest
        else:
            model = self._registry.resolve(name)
        owned = model.details.public or model.name.account == asker.account
        if not (owned and _is_allowed(name, model, asker)):
            raise ModelNotFoundError
        return model

    def _uses(self, weights: Path) -> bool:
        """Whether a model has these weights."""
        return any(model.weights == weights for model in self._registry.list())


def _is_allowed(name: ModelName, model: StoredModel, asker: Asker) -> bool:
    """Whether the asker may use a model under a name; an alias can be allowed by itself."""
    allowed = asker.models
    return allowed is None or str(name) in allowed or str(model.name) in allowed


def _listed(name: ModelName, model: StoredModel, loaded: Mapping[Path, Engine]) -> ListedModel:
    """A model under a name of its own, or under an alias.

    Args:
        name: that name.
        model: the model.
        loaded: the engines of the weights that are in memory.
    """
    engine = None if model.weights is None else loaded.get(model.weights)
    style, defaults = model.manifest.style, model.manifest.defaults
    return ListedModel(
        name=str(name),
        created=model.created,
        owned_by=name.account,
        supports_chat=model.supports_chat,
        context_length=model.context_length,
        size=sum(file.size for file in model.files),
        loaded=engine is not None,
        style=None if style is None else style.name,
        system=getattr(style, "system", None),  # not every style has a place for one
        defaults=msgspec.to_builtins(defaults),
        manifest=msgspec.to_builtins(model.manifest),
        engine=None if engine is None else _engine_fields(engine),
    )


def _engine_fields(engine: Engine) -> Mapping[str, Any]:
    """How a loaded model is computed and what it takes, as the list tells it."""
    loaded = engine.loaded
    return {
        "slots": loaded.slots,
        "context_length": loaded.context_length,
        "cache_bytes": loaded.cache_bytes,
        **msgspec.to_builtins(loaded.facts),
    }
