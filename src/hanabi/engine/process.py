"""The engine process: the child's side of the socket around an `EngineLoop`.

Three threads. The main one steps the loop: llama.cpp's context belongs to it. The reader takes
frames off the socket, so that a cancel is seen while a decode runs and can cut it short. The
tokenizer turns text into ids, so that a long text delays neither. When the server goes away the
socket ends, and so does this process.
"""

import gc
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from hanabi.engine.config import EngineConfig
from hanabi.engine.load_errors import WeightsError
from hanabi.engine.loop import EngineLoop
from hanabi.engine.messages import (
    LENGTH_BYTES,
    Cancel,
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
from hanabi.engine.runner import Runner

Open = Callable[[Path, EngineConfig], tuple[Runner, Loaded]]
"""Loads weights; raises ValueError or OSError with the reason where they cannot be loaded, and
WeightsError, a ValueError, where no other try will go better."""


class EngineProcess:
    """One loaded model, served over one socket until it closes."""

    def __init__(self, connection: socket.socket) -> None:
        """Take the socket to the server."""
        self._connection = connection
        self._frames = connection.makefile("rb")
        self._decoder = msgspec.msgpack.Decoder(ToEngine)
        self._sending = threading.Lock()
        self._commands: queue.SimpleQueue[Submit | Cancel | None] = queue.SimpleQueue()
        self._texts: queue.SimpleQueue[Tokenize] = queue.SimpleQueue()
        self._in_decode: frozenset[int] = frozenset()
        self._dropped: set[int] = set()
        self._occupancy = Occupancy()

    def serve(self, open_model: Open) -> None:
        """Load what the first frame names and serve it until the socket closes."""
        load = self._receive()
        if not isinstance(load, Load):
            return
        try:
            runner, loaded = open_model(Path(load.path), load.config)
        except (ValueError, OSError) as error:
            self._send(LoadFailed(str(error), lasting=isinstance(error, WeightsError)))
            return
        self._send(loaded)
        # What there is by now stays to the end, the vocabulary's tens of thousands of pieces among
        # it. Frozen, no collection looks at it again, which would hold a step up.
        gc.freeze()
        threading.Thread(target=self._read, args=(runner,), name="reader", daemon=True).start()
        threading.Thread(
            target=self._tokenize, args=(runner,), name="tokenizer", daemon=True
        ).start()
        config = load.config
        loop = EngineLoop(
            runner, token_budget=config.token_budget, deterministic=config.deterministic
        )
        self._loop(loop, runner)

    def _loop(self, loop: EngineLoop, runner: Runner) -> None:
        """Step while there is work, sleep while there is none."""
        while True:
            if not self._take_commands(loop):
                return
            passes = loop.plan()
            self._send_events(loop)  # who has got a slot
            for pass_ in passes:
                self._in_decode = pass_.request_ids
                loop.run(pass_)
                self._in_decode = frozenset()
                runner.resume()
                self._send_events(loop)

    def _send_events(self, loop: EngineLoop) -> None:
        """Tell the server what has happened, if anything has."""
        events, prefilled, begun = loop.events(), loop.prefilled(), loop.begun()
        occupancy = loop.occupancy
        if events or prefilled or begun or occupancy != self._occupancy:
            self._occupancy = occupancy
            self._send(Step(events, prefilled, begun, loop.total, occupancy))
        for request_id, reason in loop.failures():
            self._send(Failed(request_id, reason))

    def _take_commands(self, loop: EngineLoop) -> bool:
        """Apply what the server asked for, waiting where there is nothing else to do.

        False when the server has gone.
        """
        while True:
            try:
                if not loop.has_work:
                    self._send_events(loop)  # that the last one was cancelled
                command = self._commands.get(block=not loop.has_work)
            except queue.Empty:
                return True
            match command:
                case Submit(request_id, request):
                    loop.submit(request_id, request)
                case Cancel(request_id, choice):
                    loop.cancel(request_id, choice)
                    self._dropped.discard(request_id)
                case None:
                    return False

    def _read(self, runner: Runner) -> None:
        """Sort the server's frames; cut a decode short when nobody wants its tokens any more."""
        while (message := self._receive()) is not None:
            match message:
                case Tokenize():
                    self._texts.put(message)
                case Submit():
                    self._commands.put(message)
                case Cancel(request_id, choice):
                    if choice is None:
                        self._dropped.add(request_id)
                    self._commands.put(message)
                    in_decode = self._in_decode
                    if in_decode and in_decode <= self._dropped:
                        runner.abort()
                case Load():
                    break
        self._commands.put(None)
        runner.abort()

    def _tokenize(self, runner: Runner) -> None:
        """Answer the server's texts, one after the other."""
        while True:
            call = self._texts.get()
            ids: list[int] = []
            for part in call.parts:
                ids.extend(runner.tokenize(part) if isinstance(part, str) else (part,))
            self._send(Tokenized(call.call_id, tuple(ids)))

    def _receive(self) -> ToEngine | None:
        """The next message, or None when the server has gone."""
        try:
            head = self._frames.read(LENGTH_BYTES)
            if len(head) < LENGTH_BYTES:
                return None
            body = self._frames.read(int.from_bytes(head, "big"))
        except OSError:
            return None
        message: ToEngine = self._decoder.decode(body)
        return message

    def _send(self, message: FromEngine) -> None:
        """Send a message; when the server has gone there is nothing left to live for."""
        try:
            with self._sending:
                self._connection.sendall(frame(message))
        except OSError:
            os._exit(0)


def main() -> None:
    """Run the engine process on the socket whose file descriptor is the first argument."""
    # Ctrl-C reaches the whole foreground group, and systemd's SIGTERM the whole service. The
    # server has requests to finish first, and decides itself when its engines end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    from hanabi.engine.llama import open_model  # noqa: PLC0415 - the mock's tests go without it

    with socket.socket(fileno=int(sys.argv[1])) as connection:
        EngineProcess(connection).serve(open_model)
    # Threads may sit in C code that no interpreter can interrupt: leave without waiting for them.
    os._exit(0)


if __name__ == "__main__":
    main()
