"""A model's engine as the server uses it: a backend that outlives its processes."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from hanabi.engine.config import EngineConfig
from hanabi.engine.connection import COMMAND, EngineConnection
from hanabi.engine.generation import EngineGeneration
from hanabi.engine.messages import Loaded
from hanabi.engine.occupancy import Occupancy
from hanabi.engine.tally import Tally
from hanabi.errors import HanabiError, OverloadedError, UnavailableError
from hanabi.generation.request import GenerationRequest
from hanabi.generation.vocab import Vocab

logger = logging.getLogger(__name__)

RETRY_AFTER = 1
"""Seconds that a refused client is told to wait; a queue of short requests moves within one."""

PAUSE = 0.1
"""Seconds between a crash and the restart."""


class Engine:
    """One model's engine process, restarted when it dies.

    A process that dies before it has loaded the weights is not started again: that is a failure
    for those who wait, and whoever wants another try makes another Engine.

    Implements `hanabi.generation.backend.Backend`.
    """

    def __init__(
        self,
        path: Path,
        config: EngineConfig,
        command: tuple[str, ...] = COMMAND,
        tally: Tally | None = None,
    ) -> None:
        """Take the weights, how to run them and where to count; nothing is started."""
        self._path = path
        self._config = config
        self._command = command
        self.tally = Tally() if tally is None else tally
        self._connection: EngineConnection | None = None
        self._loaded: Loaded | None = None
        self._ready = asyncio.Event()
        self._failure: HanabiError | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self.restarts = 0

    async def start(self) -> Loaded:
        """Load the model. Raises UnavailableError or UnusableModelError when that fails."""
        self._supervisor = asyncio.create_task(self._supervise(), name=f"engine {self._path}")
        return await self.ready()

    async def ready(self) -> Loaded:
        """Wait until the model is loaded, also after a crash.

        Raises UnavailableError with the reason when it cannot be loaded, then or again, and
        UnusableModelError where it never can.
        """
        await self._ready.wait()
        if self._loaded is None or self._failure is not None:
            raise self._failure or UnavailableError("The model is being unloaded.")
        return self._loaded

    async def close(self) -> None:
        """End the process; what is under way fails."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait([self._supervisor])
        if self._failure is None:
            self._failure = UnavailableError("The model is being unloaded.")
        self._ready.set()  # nobody must wait for a restart that does not come
        if self._connection is not None:
            await self._connection.close()

    @property
    def loaded(self) -> Loaded:
        """What the engine told when it was loaded."""
        if self._loaded is None:
            raise UnavailableError("The model is still loading.", retry_after=RETRY_AFTER)
        return self._loaded

    @property
    def vocab(self) -> Vocab:
        """The model's tokens."""
        return self.loaded.vocab

    @property
    def context_length(self) -> int:
        """The most tokens, prompt and generated, that one sequence can hold."""
        return self.loaded.context_length

    @property
    def pid(self) -> int | None:
        """The current process, if one runs."""
        return self._connection.process.pid if self._connection is not None else None

    @property
    def open_requests(self) -> int:
        """Requests that run or wait."""
        return len(self._connection.generations) if self._connection is not None else 0

    @property
    def occupancy(self) -> Occupancy:
        """How full it is."""
        return self._connection.occupancy if self._connection is not None else Occupancy()

    async def drained(self) -> None:
        """Wait until no request runs or waits; those of a process that dies have ended."""
        if self._connection is not None:
            await self._connection.idle.wait()

    async def tokenize(self, parts: Sequence[str | int]) -> tuple[int, ...]:
        """Turn text parts into ids; see Backend."""
        return await (await self._current()).tokenize(tuple(parts))

    def submit(self, request: GenerationRequest) -> EngineGeneration:
        """Start a request; see Backend."""
        connection = self._connection
        if connection is None:
            raise UnavailableError(
                "The model's engine is being restarted. Send the request again.",
                retry_after=RETRY_AFTER,
            )
        limit = self.loaded.slots + self._config.queue_limit
        if len(connection.generations) >= limit:
            raise queue_full(limit)
        return connection.submit(request)

    async def _current(self) -> EngineConnection:
        """The connection to a loaded engine."""
        await self.ready()
        if self._connection is None:
            raise UnavailableError("The model is being unloaded.")
        return self._connection

    def _lose(self) -> None:
        """The process has gone: from this moment on, nobody is sent to it."""
        self._ready.clear()
        self._connection = None

    async def _supervise(self) -> None:
        """Keep one process running: start it, wait for its end, start the next."""
        while True:
            try:
                connection, loaded = await EngineConnection.start(
                    self._path, self._config, self.tally, self._lose, self._command
                )
            except HanabiError as error:
                if self.restarts:
                    logger.exception("engine of %s: the restart failed", self._path.name)
                self._failure = error
                self._ready.set()
                return
            self._connection, self._loaded = connection, loaded
            self._ready.set()
            await connection.closed.wait()
            self._lose()  # again, if it died in the moment in which it was loaded
            await connection.close()
            logger.error(
                "engine of %s ended with exit code %s; restarting it",
                self._path.name,
                connection.process.returncode,
            )
            self.restarts += 1
            await asyncio.sleep(PAUSE)


def queue_full(limit: int) -> OverloadedError:
    """The refusal of a request beyond the `limit` that may run or wait."""
    return OverloadedError(
        f"This model has its limit of {limit} requests running or waiting. "
        f"Send the request again after {RETRY_AFTER} s.",
        retry_after=RETRY_AFTER,
    )
