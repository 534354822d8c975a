"""Wires everything together: the one place that knows every part."""

import asyncio
import gc
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from ssl import SSLContext

import msgspec
import uvloop
from prometheus_client import CollectorRegistry, ProcessCollector
from starlette.types import ASGIApp

from hanabi.accounts.key_file import LocalKey, ensure_local_key
from hanabi.accounts.keys import Keys
from hanabi.accounts.limiter import Limiter
from hanabi.accounts.usage_sums import month_tokens
from hanabi.accounts.usage_writer import UsageWriter
from hanabi.api.accounting import Accounting
from hanabi.api.cors import with_cors
from hanabi.api.dependencies import Dependencies
from hanabi.api.drain import Drain
from hanabi.api.engine_gauges import EngineGauges
from hanabi.api.engine_metrics import EngineCollector
from hanabi.api.forwarded import Forwarded
from hanabi.api.host import checked_names
from hanabi.api.metrics import Metrics
from hanabi.api.routes import build_app
from hanabi.catalog import ModelCatalog
from hanabi.console.assets import Assets
from hanabi.console.login import OneTimeLogin, new_token
from hanabi.database.connection import open_database
from hanabi.engine.config import EngineConfig
from hanabi.engine.messages import Loaded
from hanabi.engine.pool import EnginePool
from hanabi.generation.service import TextService
from hanabi.listening import listen, listen_on_path, tls_context
from hanabi.logs import set_up_logs
from hanabi.registry.bundled import CHAT_NAME, find_weights, register_bundled
from hanabi.registry.guest import guest_model
from hanabi.registry.model import StoredModel
from hanabi.registry.registry import Registry
from hanabi.registry.upload import Uploads
from hanabi.server import Server, allow_many_files
from hanabi.settings import Settings
from hanabi.styles.template.processes import TemplateProcesses

logger = logging.getLogger(__name__)

WORKERS = 32
"""Threads for what would hold up the event loop: SQL, files, a style's template. They wait more
than they work, and asyncio's own number, four more than the cores, is soon all waiting."""


class Ready(msgspec.Struct, frozen=True):
    """What a started server is, for whoever tells the person who started it.

    Attributes:
        settings: how it runs.
        port: where it listens, also when the settings asked for any free port; None: on a Unix
            socket.
        key: the local API key.
        token: of the one link that signs a browser in without a key.
        model: the model that was loaded at start.
        loaded: what its engine came to.
    """

    settings: Settings
    port: int | None
    key: LocalKey
    token: str
    model: StoredModel
    loaded: Loaded


def serve(settings: Settings, model: Path | None, on_ready: Callable[[Ready], None]) -> None:
    """Run the server until SIGINT or SIGTERM, and then until running requests have ended.

    Args:
        settings: how to run.
        model: a GGUF file to serve beside the stored models; it is loaded at start, else the
            bundled model is.
        on_ready: called when the server takes requests.

    Raises OSError when the address or the certificate cannot be had, UnavailableError when the
    model cannot be loaded.
    """
    set_up_logs(settings.log_format, settings.log_level)
    allow_many_files()
    uvloop.run(_serve(settings, model, on_ready))


def engine_config(settings: Settings) -> EngineConfig:
    """How every engine process is set up."""
    return EngineConfig(
        threads=settings.threads,
        poll=settings.poll,
        cache_bytes=settings.kv_memory,
        kv_type=settings.kv_type,
        context_length=settings.context,
        slots=settings.slots,
        token_budget=settings.token_budget,
        deterministic=settings.deterministic,
        queue_limit=settings.queue_limit,
    )


async def _serve(settings: Settings, model: Path | None, on_ready: Callable[[Ready], None]) -> None:
    """Open the stores, load the first model, listen."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(WORKERS, "worker"))
    tls = _tls(settings)
    uds = settings.uds
    socket = listen(settings.host, settings.port) if uds is None else listen_on_path(uds)
    database = open_database(settings.home, settings.database)
    registry = Registry(settings.home, database)
    register_bundled(registry, find_weights())
    keys = Keys(database)
    key = ensure_local_key(keys, settings.home)
    token = new_token()
    usage = UsageWriter(database)
    pool = EnginePool(engine_config(settings), settings.memory)
    templates = TemplateProcesses()
    collectors = CollectorRegistry()
    collectors.register(EngineCollector(lambda: pool.tallies))
    collectors.register(EngineGauges(lambda: pool.loaded))
    ProcessCollector(registry=collectors)
    metrics = Metrics(collectors)
    limiter = Limiter(lambda key: month_tokens(database, key, time.time()))
    accounting = Accounting(metrics, usage, limiter)
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
            database=database,
            accounting=accounting,
            metrics=metrics,
            drain=drain,
            assets=Assets(),
            login=OneTimeLogin(token, key.text),
            log_prompts=settings.log_prompts,
            allowed_hosts=None
            if settings.uds
            else checked_names(settings.host, settings.allowed_hosts),
            max_body_bytes=settings.body_limit,
        )
        port: int | None = socket.getsockname()[1] if uds is None else None
        ready = Ready(settings, port, key, token, guest or registry.get(CHAT_NAME), loaded)
        server = Server(
            _outermost(build_app(dependencies), settings),
            drain_timeout=settings.drain_timeout,
            tls=tls,
            on_ready=lambda: on_ready(ready),
            on_exit=drain.begin,
        )
        # Modules, app and vocabulary stay to the end. Frozen, no collection looks at them again:
        # 30 ms in which every stream would wait.
        gc.freeze()
        await server.serve(sockets=[socket])
    finally:
        if uds is not None:
            uds.unlink(missing_ok=True)
        templates.close()
        await asyncio.shield(pool.close())  # what has not ended yet, fails now
        await accounting.settled()
        await asyncio.to_thread(usage.close)


def _tls(settings: Settings) -> SSLContext | None:
    """What speaks TLS, where there is a certificate."""
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    return tls_context(settings.tls_cert, settings.tls_key)


def _outermost(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The API with what stands between it and the network, where that was asked for."""
    if settings.cors_origins:
        app = with_cors(app, settings.cors_origins)
    return Forwarded(app, settings.trusted_proxies) if settings.trusted_proxies else app
