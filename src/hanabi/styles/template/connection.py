"""The server's side of one template process: spawn it, ask it, end it when it breaks a limit."""

import signal
import socket
import subprocess
import sys
import time
from types import TracebackType
from typing import Self

import msgspec

from hanabi.errors import UnavailableError
from hanabi.styles.template.frames import (
    LENGTH_BYTES,
    Compile,
    Compiled,
    FromTemplate,
    Refused,
    Render,
    Rendered,
    ToTemplate,
    frame,
)
from hanabi.styles.template.limits import (
    CPU_SECONDS,
    OUTPUT_CHARACTERS,
    START_SECONDS,
    WALL_SECONDS,
)

COMMAND = (sys.executable, "-I", "-m", "hanabi.styles.template.process")
"""Starts a template process; the socket's file descriptor is appended. -I: it looks for modules
neither in the working directory nor where the environment says."""

MAX_FRAME = 4 * OUTPUT_CHARACTERS + 1024
"""Bytes of the largest answer: every character takes four, and a little around them."""

TIMEOUT = Refused(
    f"needs more than {CPU_SECONDS:g} s of processor time, or {WALL_SECONDS:g} s in all"
)


class TemplateProcess:
    """One template in a process of its own; once `ended` it is of no more use.

    One thread at a time may ask it.
    """

    def __init__(self) -> None:
        """Spawn the child. Raises UnavailableError when it does not start."""
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [*COMMAND, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
            )
        self._decoder = msgspec.msgpack.Decoder(FromTemplate)
        try:
            self._receive(time.monotonic() + START_SECONDS)
        except OSError as error:
            self.end()
            raise UnavailableError(
                "The process that renders the model's template did not start. "
                "Send the request again.",
                retry_after=1,
            ) from error

    def __enter__(self) -> Self:
        """Use it for a block."""
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """End it."""
        self.end()

    @property
    def ended(self) -> bool:
        """Whether the child has gone."""
        return self._process.poll() is not None

    def compile(self, template: str) -> Compiled | Refused:
        """Give it the template that it is for; at once after the start."""
        answer = self._ask(Compile(template))
        assert isinstance(answer, Compiled | Refused)  # noqa: S101 - our own invariant
        return answer

    def render(self, call: Render) -> Rendered | Refused:
        """Render the template. A breach of the limits of time ends the process."""
        answer = self._ask(call)
        assert isinstance(answer, Rendered | Refused)  # noqa: S101 - our own invariant
        return answer

    def end(self) -> None:
        """Kill the child: it holds nothing that is worth a goodbye."""
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def _ask(self, message: ToTemplate) -> FromTemplate:
        """Send a message and wait for its answer, for no longer than the limit."""
        deadline = time.monotonic() + WALL_SECONDS
        try:
            self._socket.settimeout(WALL_SECONDS)
            self._socket.sendall(frame(message))
            return self._receive(deadline)
        except TimeoutError:
            self.end()
            return TIMEOUT
        except (OSError, msgspec.MsgspecError):
            self.end()
            if self._process.returncode == -signal.SIGPROF:
                return TIMEOUT
            return Refused("has crashed the process that rendered it")

    def _receive(self, deadline: float) -> FromTemplate:
        """The next message. Raises OSError when the child has gone, or at the deadline."""
        size = int.from_bytes(self._read(LENGTH_BYTES, deadline), "big")
        if size > MAX_FRAME:
            raise OSError(f"a frame must have at most {MAX_FRAME} bytes: {size}")
        message: FromTemplate = self._decoder.decode(self._read(size, deadline))
        return message

    def _read(self, size: int, deadline: float) -> bytearray:
        received = bytearray()
        while len(received) < size:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            piece = self._socket.recv(size - len(received))
            if not piece:
                raise ConnectionResetError
            received += piece
        return received
