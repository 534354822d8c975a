"""The server's side of one engine process: spawn it, speak to it, notice its end."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec

from hanabi.engine.config import EngineConfig
from hanabi.engine.generation import EngineGeneration, tokens_in
from hanabi.engine.load_errors import refusal, refusal_of_death
from hanabi.engine.memory import parts_of
from hanabi.engine.messages import (
    LENGTH_BYTES,
    Cancel,
    Computed,
    Failed,
    FromEngine,
    Load,
    Loaded,
    LoadFailed,
    Step,
    Submit,
    ToEngine,
    Tokenize,
    Tokenized,
    frame,
)
from hanabi.engine.occupancy import Occupancy
from hanabi.engine.tally import Discard, Tally
from hanabi.errors import EngineCrashedError, HanabiError, UnavailableError
from hanabi.generation.request import GenerationRequest

COMMAND = (sys.executable, "-P", "-m", "hanabi.engine.process")
"""Starts an engine process; the socket's file descriptor is appended.

-P keeps the working directory off the module path: a file `queue.py` may lie there, beside a
downloaded model, and the child would execute it."""

SOCKET_BUFFER = 4 * 1024 * 1024
"""Bytes: room for many steps, so that a busy server does not hold the engine up."""

RETRY_AFTER = 1
"""Seconds that a client is told to wait; loading takes about that long."""

LEAST_BYTES_PER_SECOND = 20 * 1024 * 1024
"""What the slowest disk reads that weights are waited for; adds to EngineConfig.load_limit."""

ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(64 * 1024 * 1024),
    "GGML_NO_BACKTRACE": "1",
}
"""For the child. Where a debugger is installed, a failed assertion of ggml would run it on the
dying process, which takes seconds and fills the log with pages of stack.

Sampling makes and drops arrays of a float for each token of the vocabulary; glibc
would give their memory back to the system each time: 0.30 ms a row against 0.10 ms."""


class EngineConnection(asyncio.Protocol):
    """One engine process from its start to its end, after which it is not used again."""

    def __init__(
        self, process: asyncio.subprocess.Process, tally: Tally, on_lost: Callable[[], None]
    ) -> None:
        """Take the child, where to count, and whom to tell when the child has gone.

        `start` makes connections.
        """
        self.process = process
        self._tally = tally
        self._counted = Computed()
        self._on_lost = on_lost
        self.closed = asyncio.Event()
        self.generations: dict[int, EngineGeneration] = {}
        self.occupancy = Occupancy()
        self.idle = asyncio.Event()
        self.idle.set()
        self._loaded: asyncio.Future[Loaded] = asyncio.get_running_loop().create_future()
        self._calls: dict[int, asyncio.Future[tuple[int, ...]]] = {}
        self._transport: asyncio.WriteTransport | None = None
        self._decoder = msgspec.msgpack.Decoder(FromEngine)
        self._received = bytearray()
        self._numbers = 0
        self._hung_up = False

    @classmethod
    async def start(
        cls,
        path: Path,
        config: EngineConfig,
        tally: Tally,
        on_lost: Callable[[], None],
        command: tuple[str, ...] = COMMAND,
    ) -> tuple["EngineConnection", Loaded]:
        """Spawn a child and have it load a model; `on_lost` is called when the child has gone.

        What the child computes is added to `tally`.

        Raises UnavailableError with the reason when the model cannot be loaded, and
        UnusableModelError where it never can: the engine's own sentence, or that its process died
        or came to no end.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
            process = await asyncio.create_subprocess_exec(
                *command,
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                env=os.environ | ENVIRONMENT,
            )
        connection = cls(process, tally, on_lost)
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: connection, sock=ours)
        limit = config.load_limit + _size(path) / LEAST_BYTES_PER_SECOND
        try:
            connection._send(Load(str(path), config))
            async with asyncio.timeout(limit):
                return connection, await connection._loaded
        except TimeoutError as error:
            process.kill()
            await connection.close()
            reason = (
                f"its engine process had not read the weights after {limit:.0f} s, the limit for a "
                "file of this size."
            )
            raise refusal(reason, lasting=False) from error
        except EngineCrashedError as error:
            await connection.close()
            raise refusal_of_death(process.returncode) from error
        except BaseException:
            await connection.close()
            raise

    def submit(self, request: GenerationRequest) -> EngineGeneration:
        """Start a request."""
        request_id = self._next_number()
        generation = EngineGeneration(request, self, request_id)
        self._send(Submit(request_id, request))
        self.generations[request_id] = generation
        self.idle.clear()
        return generation

    def cancel(self, request_id: int, choice: int | None) -> None:
        """Drop a choice of a request, or all of them."""
        if choice is None:
            self.forget(request_id)
        self._send(Cancel(request_id, choice))

    def forget(self, request_id: int) -> None:
        """A request has ended."""
        self.generations.pop(request_id, None)
        if not self.generations:
            self.idle.set()

    def discard(self, tokens: int, reason: Discard) -> None:
        """Count generated tokens that no reply gets."""
        self._tally.discarded[reason] += tokens

    async def tokenize(self, parts: tuple[str | int, ...]) -> tuple[int, ...]:
        """Turn text parts into ids."""
        call_id = self._next_number()
        answer: asyncio.Future[tuple[int, ...]] = asyncio.get_running_loop().create_future()
        self._calls[call_id] = answer
        try:
            self._send(Tokenize(call_id, parts))
            return await answer
        finally:
            self._calls.pop(call_id, None)

    async def close(self) -> None:
        """Hang up, on which the child exits by itself, and wait for it."""
        self._hung_up = True
        if self._transport is not None:
            self._transport.close()
        try:
            async with asyncio.timeout(5):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        # A socket's transport writes, though uvloop's is registered as a base one only.
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol: take every whole frame."""
        received = self._received
        received += data
        start = 0
        while (body := start + LENGTH_BYTES) <= len(received):
            end = body + int.from_bytes(received[start:body], "big")
            if end > len(received):
                break
            self._take(self._decoder.decode(memoryview(received)[body:end]))
            start = end
        if start:
            del received[:start]

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol: the child has gone, so everything under way fails."""
        error = self._end_of_requests()
        error.__cause__ = exc
        self._transport = None
        self._on_lost()
        if not self._loaded.done():
            self._loaded.set_exception(error)
        for call in self._calls.values():
            if not call.done():
                call.set_exception(error)
        generations, self.generations = self.generations, {}
        for generation in generations.values():
            generation.fail(error)
        self.idle.set()
        self.closed.set()

    def _end_of_requests(self) -> UnavailableError:
        """Why what is under way ends: we hung up, or the child has crashed."""
        if self._hung_up:
            return UnavailableError(
                "The model was unloaded, or the server shut down, while it worked on this request. "
                "Send the request again.",
                retry_after=RETRY_AFTER,
            )
        return EngineCrashedError(
            "The model's engine process ended while it worked on this request, which is lost; "
            "the engine is being restarted. Send the request again.",
            retry_after=RETRY_AFTER,
        )

    def _take(self, message: FromEngine) -> None:
        """Hand a message to whom it concerns."""
        match message:
            case Step():
                self._take_step(message)
            case Tokenized(call_id, ids):
                call = self._calls.get(call_id)
                if call is not None and not call.done():
                    call.set_result(ids)
            case Failed(request_id, reason):
                generation = self.generations.get(request_id)
                if generation is not None:
                    self.forget(request_id)
                    generation.fail(HanabiError(reason))
            case Loaded() if not self._loaded.done():  # else it was given up
                self._loaded.set_result(message)
            case LoadFailed(reason, lasting) if not self._loaded.done():
                self._loaded.set_exception(refusal(reason, lasting=lasting))

    def _take_step(self, step: Step) -> None:
        """Count what was computed and hand each request its part; the rest is discarded."""
        self._tally.advance(self._counted, step.total)
        self._counted = step.total
        self.occupancy = step.occupancy
        for request_id in step.begun:
            generation = self.generations.get(request_id)
            if generation is not None and generation.began is None:
                generation.began = asyncio.get_running_loop().time()
        for request_id, tokens in step.prefilled:
            generation = self.generations.get(request_id)
            if generation is not None:
                generation.prefilled += tokens
            else:
                self._tally.discarded_prompt_tokens += tokens
        for request_id, events in step.events:
            generation = self.generations.get(request_id)
            if generation is not None:
                generation.push(events)
            else:
                self.discard(tokens_in(events), "ended")

    def _send(self, message: ToEngine) -> None:
        """Send a message; a child that has gone is noticed by `connection_lost`."""
        if self._transport is None:
            raise EngineCrashedError(
                "The model's engine process has ended and is being restarted. "
                "Send the request again.",
                retry_after=RETRY_AFTER,
            )
        self._transport.write(frame(message))

    def _next_number(self) -> int:
        """A number that no other request or call of this process has."""
        self._numbers += 1
        return self._numbers


def _size(path: Path) -> int:
    """Bytes of the weights; 0 where a file is missing, which the engine will tell."""
    try:
        return sum(part.stat().st_size for part in parts_of(path))
    except OSError:
        return 0
