"""The engines of a server: one for each weights file, all of them within one budget of memory."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from hanabi.engine.config import EngineConfig
from hanabi.engine.connection import COMMAND
from hanabi.engine.engine import Engine, queue_full
from hanabi.engine.load_errors import named
from hanabi.engine.memory import Footprint, footprint_within, too_large
from hanabi.engine.resident import Identity, Resident, identity_of
from hanabi.engine.tally import Tally
from hanabi.errors import HanabiError, UnusableModelError

logger = logging.getLogger(__name__)


class EnginePool:
    """Loads engines when they are first asked for, and unloads others that are in the way.

    An engine is used under a lease, and is never ended while one is out or a request of it runs:
    it is told to leave, from then on nobody new gets it, and it ends when the last request has.
    Loads make room in the order in which they were asked for. A request for an engine that has
    been told to leave is a new load at the end of that order; so of two models that do not fit
    together neither starves, however busy the other is.

    Attributes:
        tallies: what was computed, by the weights; those stay that were unloaded.
    """

    def __init__(
        self, config: EngineConfig, memory: int, command: tuple[str, ...] = COMMAND
    ) -> None:
        """Take how to run every engine, and the bytes that all of them together may take."""
        self._config = config
        self._memory = memory
        self._command = command
        self._open: dict[Path, Resident] = {}
        self._residents: set[Resident] = set()  # the open ones, and those that are leaving
        self._turn = asyncio.Lock()
        self._refused: dict[Path, tuple[Identity | None, UnusableModelError]] = {}
        self.tallies: dict[Path, Tally] = {}

    @property
    def loaded(self) -> dict[Path, Engine]:
        """The engines that have loaded their weights, those included that are leaving.

        For any thread: the copy is made in one step.
        """
        residents = (each for each in tuple(self._residents) if each.loading.done())
        return {each.path: each.engine for each in residents if each.engine is not None}

    @asynccontextmanager
    async def lease(self, path: Path, name: str | None = None) -> AsyncIterator[Engine]:
        """The engine of these weights, loaded; it stays so until the lease ends.

        What was submitted under a lease runs to its end after it. Racing first requests load an
        engine once.

        Args:
            path: the weights.
            name: what the one who asks calls the model, for the error where it cannot be loaded.

        Raises UnavailableError with the reason when it cannot be loaded; the next one to ask makes
        a new try. Raises UnusableModelError where the weights are at fault: nobody tries again
        until the file is another one. Raises OverloadedError when too many wait for it already.
        """
        try:
            resident = self._open.get(path) or self._admit(path)
        except UnusableModelError as error:
            raise (named(error, name) if name else error) from None
        limit = self._config.slots + self._config.queue_limit
        if resident.leases >= limit:
            raise queue_full(limit)
        clock = asyncio.get_running_loop().time
        resident.take(clock())
        try:
            try:
                engine = await self._ready(resident)
            except HanabiError as error:
                raise (named(error, name) if name else error) from error
            yield engine
        finally:
            resident.give_back(clock())
            if resident.is_idle and resident.engine is None:
                self._abandon(resident)

    async def unload(self, path: Path) -> None:
        """Let an engine's requests finish and end it; who asks meanwhile waits for a new one."""
        resident = self._open.get(path)
        if resident is not None:
            self._send_away(resident)
        departures = [
            each.departure for each in self._residents if each.path == path and each.departure
        ]
        if departures:
            await asyncio.wait(departures)

    async def close(self) -> None:
        """End every engine at once."""
        residents, self._residents = self._residents, set()
        self._open.clear()
        tasks: list[asyncio.Task[Engine] | asyncio.Task[None]] = []
        for resident in residents:
            tasks.append(resident.loading)
            if resident.departure is not None:
                tasks.append(resident.departure)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(each.engine.close() for each in residents if each.engine))

    def _admit(self, path: Path) -> Resident:
        """Begin to load an engine. Raises UnusableModelError where that is known to fail."""
        identity, error = self._refused.get(path, (None, None))
        if error is not None:
            if identity == identity_of(path):
                raise error
            del self._refused[path]
        resident = Resident(path)
        resident.loading = asyncio.create_task(self._load(resident), name=f"load {path.name}")
        self._open[path] = resident
        self._residents.add(resident)
        return resident

    async def _ready(self, resident: Resident) -> Engine:
        """Wait until an engine is loaded, also after a crash."""
        # Shielded: that the first to ask goes away must not stop the loading for the others.
        engine = await asyncio.shield(resident.loading)
        try:
            await engine.ready()
        except HanabiError:
            self._send_away(resident)  # it could not be restarted
            raise
        return engine

    async def _load(self, resident: Resident) -> Engine:
        """Make room for an engine and start it; forget it where that fails.

        Weights that cannot be run are remembered, so that the next request does not load them.
        """
        identity = identity_of(resident.path)
        try:
            footprint = footprint_within(resident.path, self._config, self._memory)
            async with self._turn:
                await self._make_room(footprint.total)
                resident.memory = footprint.total
            config = msgspec.structs.replace(self._config, cache_bytes=footprint.cache)
            tally = self.tallies.setdefault(resident.path, Tally())
            engine = resident.engine = Engine(resident.path, config, self._command, tally)
            loaded = await engine.start()
            self._account(resident, Footprint(footprint.weights, loaded.cache_bytes))
        except BaseException as error:
            if isinstance(error, UnusableModelError):
                self._refused[resident.path] = identity, error
            self._hide(resident)
            if resident.engine is not None:
                await resident.engine.close()
            self._residents.discard(resident)
            raise
        return engine

    async def _make_room(self, needed: int) -> None:
        """Wait until `needed` bytes are free, which engines have to leave for where they are not.

        At most the whole budget may be asked for.
        """
        while self._memory_of(leaving=True) + needed > self._memory:
            if self._memory_of(leaving=False) + needed > self._memory:
                self._send_away(self._first_to_leave())
            else:
                departures = [each.departure for each in self._residents if each.departure]
                await asyncio.wait(departures, return_when=asyncio.FIRST_COMPLETED)

    def _account(self, resident: Resident, footprint: Footprint) -> None:
        """Take note of what a loaded engine really takes.

        That is more than was set aside where a context was asked for that the KV cache's budget
        does not hold. Others leave for it then; until they have, the budget is exceeded.
        """
        if footprint.total > self._memory:
            raise too_large(footprint, self._memory)
        resident.memory = footprint.total
        while self._memory_of(leaving=False) > self._memory:
            self._send_away(self._first_to_leave(but=resident))

    def _memory_of(self, *, leaving: bool) -> int:
        """Bytes set aside for engines, with or without those that are leaving."""
        return sum(each.memory for each in self._residents if leaving or each.departure is None)

    def _first_to_leave(self, but: Resident | None = None) -> Resident:
        """Of the engines that take memory, the one that can be spared best.

        Idle ones go before busy ones, and the one that was not used for longest goes first.
        """
        staying = [
            each
            for each in self._residents
            if each.memory and each.departure is None and each is not but
        ]
        return min(staying, key=lambda each: (not each.is_idle, each.last_used))

    def _send_away(self, resident: Resident) -> None:
        """Tell an engine to leave. Idempotent."""
        self._hide(resident)
        if resident.departure is None:
            resident.departure = asyncio.create_task(
                self._depart(resident), name=f"unload {resident.path.name}"
            )

    async def _depart(self, resident: Resident) -> None:
        """End an engine when nobody uses it any more."""
        await asyncio.wait([resident.loading])
        await resident.unleased.wait()
        engine = resident.engine
        if engine is not None:
            await engine.drained()
            await engine.close()
            logger.info("unloaded %s", resident.path.name)
        self._residents.discard(resident)

    def _abandon(self, resident: Resident) -> None:
        """Nobody waits any more for an engine whose turn has not come."""
        self._hide(resident)
        resident.loading.cancel()

    def _hide(self, resident: Resident) -> None:
        """From now on, who asks for these weights gets another engine."""
        if self._open.get(resident.path) is resident:
            del self._open[resident.path]
