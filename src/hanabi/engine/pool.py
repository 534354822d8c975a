"""The engines of a server: one for each weights file, loaded once, shared by its models."""

import asyncio
from pathlib import Path

from hanabi.engine.config import EngineConfig
from hanabi.engine.engine import Engine


class EnginePool:
    """Loads engines when they are first asked for."""

    def __init__(self, config: EngineConfig) -> None:
        """Take how to run every engine."""
        self._config = config
        self._engines: dict[Path, asyncio.Task[Engine]] = {}

    async def get(self, path: Path) -> Engine:
        """The engine of these weights, loaded; racing first requests load it once.

        Raises UnavailableError with the reason when they cannot be loaded; the next one to ask
        makes a new try.
        """
        task = self._engines.get(path)
        if task is None:
            task = asyncio.create_task(self._load(path), name=f"load {path.name}")
            self._engines[path] = task
        # Shielded: that the first to ask goes away must not stop the loading for the others.
        engine = await asyncio.shield(task)
        await engine.ready()
        return engine

    async def close(self) -> None:
        """End every engine."""
        tasks, self._engines = self._engines, {}
        for task in tasks.values():
            task.cancel()
        for outcome in await asyncio.gather(*tasks.values(), return_exceptions=True):
            if isinstance(outcome, Engine):
                await outcome.close()

    async def _load(self, path: Path) -> Engine:
        """Start an engine; forget it where that fails, so that it can be tried again."""
        engine = Engine(path, self._config)
        try:
            await engine.start()
        except BaseException:
            self._engines.pop(path, None)
            await engine.close()
            raise
        return engine
