"""What `hanabi doctor MODEL` tells: the model is loaded as the server would, and asked."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from hanabi.accounts.key_file import ACCOUNT
from hanabi.app import engine_config
from hanabi.cli.checks import Finding
from hanabi.cli.size import shown_size
from hanabi.database.connection import open_database
from hanabi.engine.messages import Loaded
from hanabi.engine.pool import EnginePool
from hanabi.errors import HanabiError, ModelNotFoundError
from hanabi.registry.gguf import read_header
from hanabi.registry.names import ModelName, requested_name
from hanabi.registry.registry import Registry
from hanabi.settings import Settings


def model_findings(settings: Settings, model: str) -> Iterator[tuple[str, Finding]]:
    """Yield what is found of a model, each with its name.

    Args:
        settings: how the server would run it.
        model: a GGUF file, or the name of a stored model.
    """
    try:
        path = _weights(settings, model)
        read_header(path)
        loaded = asyncio.run(_load(settings, path))
    except HanabiError as error:
        yield "Model", Finding("bad", f"{model}: {error.message}")
        return
    yield from findings_of(model, loaded)


def findings_of(model: str, loaded: Loaded) -> Iterator[tuple[str, Finding]]:
    """Yield what a loaded model says of itself."""
    facts = loaded.facts
    yield "Model", Finding("good", f"{model}, of the architecture {facts.architecture}")
    yield "Exactness", _exactness(exact=facts.exact)
    yield "Prefix cache", _prefix_cache(has_one=facts.prefix_cache)
    seen = f"{facts.window} tokens" if facts.window else "none: each layer sees all tokens before"
    yield "Window", Finding("good", seen)
    yield (
        "KV cache",
        Finding(
            "good",
            f"{loaded.slots} slots x {loaded.context_length} tokens, "
            f"{shown_size(loaded.cache_bytes)}: {shown_size(facts.bytes_per_slot)} for each slot "
            f"and {shown_size(facts.bytes_per_token)} for each token",
        ),
    )
    for operation, kernels in facts.operations.items():
        yield operation.capitalize(), Finding("good", f"kernels of {kernels}")


def _exactness(*, exact: bool) -> Finding:
    if exact:
        return Finding("good", "a reply has the same bits alone, among others and from the cache")
    return Finding(
        "note",
        "not exact: what runs beside a request can change its last digits, so now and then a token",
    )


def _prefix_cache(*, has_one: bool) -> Finding:
    if has_one:
        return Finding("good", "the beginning of an earlier prompt is used again")
    return Finding(
        "note", "none: the states of this model cannot be cut, so each prompt is computed whole"
    )


def _weights(settings: Settings, model: str) -> Path:
    """The file of a model. Raises HanabiError where there is none."""
    path = Path(model)
    if path.is_file():
        return path
    if settings.database is None and not (settings.home / "hanabi.db").is_file():
        raise ModelNotFoundError(f"there is no such file, and no model is stored yet: {model}")
    database = open_database(settings.home, settings.database)
    try:
        stored = Registry(settings.home, database).resolve(_name(model))
    finally:
        database.dispose()
    if stored.weights is None:
        raise ModelNotFoundError
    return stored.weights


def _name(model: str) -> ModelName:
    """The name, in full or in short as the other commands have it."""
    match model.split("/"):
        case [short]:
            return ModelName(ACCOUNT, short)
        case [account, short]:
            return ModelName(account, short)
    return requested_name(model)


async def _load(settings: Settings, path: Path) -> Loaded:
    """Load a model as the server would, and unload it."""
    pool = EnginePool(engine_config(settings), settings.memory)
    try:
        async with pool.lease(path) as engine:
            return engine.loaded
    finally:
        await pool.close()
