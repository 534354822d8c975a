"""Wires everything together: the one place that knows every part."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec
import uvloop
from prometheus_client import CollectorRegistry

from hanabi.accounts.key_file import LocalKey, ensure_local_key
from hanabi.accounts.keys import Keys
from hanabi.api.dependencies import Dependencies
from hanabi.api.drain import Drain
from hanabi.api.metrics import Metrics
from hanabi.api.routes import build_app
from hanabi.catalog import ModelCatalog
from hanabi.database.connection import open_database
from hanabi.engine.config import EngineConfig
from hanabi.engine.messages import Loaded
from hanabi.engine.pool import EnginePool
from hanabi.generation.service import TextService
from hanabi.registry.bundled import CHAT_NAME, find_weights, register_bundled
from hanabi.registry.guest import guest_model
from hanabi.registry.model import StoredModel
from hanabi.registry.registry import Registry
from hanabi.registry.upload import Uploads
from hanabi.server import Server, listen
from hanabi.settings import Settings
from hanabi.styles.template.processes import TemplateProcesses

logger = logging.getLogger(__name__)


class Ready(msgspec.Struct, frozen=True):
    """What a started server is, for whoever tells the person who started it.

    Attributes:
        settings: how it runs.
        port: where it listens, also when the settings asked for any free port.
        key: the local API key.
        model: the model that was loaded at start.
        loaded: what its engine came to.
    """

    settings: Settings
    port: int
    key: LocalKey
    model: StoredModel
    loaded: Loaded


def serve(settings: Settings, model: Path | None, on_ready: Callable[[Ready], None]) -> None:
    """Run the server until SIGINT or SIGTERM, and then until running requests have ended.

    Args:
        settings: how to run.
        model: a GGUF file to serve beside the stored models; it is loaded at start, else the
            bundled model is.
        on_ready: called when the server takes requests.

    Raises OSError when the address cannot be had, UnavailableError when the model cannot be
    loaded.
    """
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)  # its steps are no news to anyone
    uvloop.run(_serve(settings, model, on_ready))


def engine_config(settings: Settings) -> EngineConfig:
    """How every engine process is set up."""
    return EngineConfig(
        threads=settings.threads,
        poll=settings.poll,
        cache_bytes=settings.kv_memory,
        context_length=settings.context,
        slots=settings.slots,
        token_budget=settings.token_budget,
        queue_limit=settings.queue_limit,
    )


async def _serve(settings: Settings, model: Path | None, on_ready: Callable[[Ready], None]) -> None:
    """Open the stores, load the first model, listen."""
    socket = listen(settings.host, settings.port)
    database = open_database(settings.home, settings.database)
    registry = Registry(settings.home, database)
    register_bundled(registry, find_weights())
    keys = Keys(database)
    key = ensure_local_key(keys, settings.home)
    pool = EnginePool(engine_config(settings), settings.memory)
    templates = TemplateProcesses()
    try:
        weights = (registry.resolve(CHAT_NAME).weights if model is None else model) or Path()
        logger.info("loading %s", CHAT_NAME if model is None else model.name)
        async with pool.lease(weights) as engine:
            loaded = engine.loaded
        guest = None if model is None else guest_model(model, loaded.vocab.chat_template)
        catalog = ModelCatalog(registry, pool, templates, guest)
        drain = Drain()
        dependencies = Dependencies(
            service=TextService(catalog),
            catalog=catalog,
            listing=catalog,
            registry=registry,
            uploads=Uploads(settings.home, database),
            delete_model=catalog.delete,
            keys=keys,
            metrics=Metrics(CollectorRegistry()),
            drain=drain,
            max_body_bytes=settings.body_limit,
        )
        port: int = socket.getsockname()[1]
        ready = Ready(settings, port, key, guest or registry.get(CHAT_NAME), loaded)
        server = Server(
            build_app(dependencies),
            drain_timeout=settings.drain_timeout,
            on_ready=lambda: on_ready(ready),
            on_exit=drain.begin,
        )
        await server.serve(sockets=[socket])
    finally:
        templates.close()
        await asyncio.shield(pool.close())
