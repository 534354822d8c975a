"""The template process: the child's side of the socket. It holds one template, for its life.

Everything that a template could reach for is taken away before the first frame is read: files,
new descriptors, processes, and memory and processor time beyond the limits. A timer of the kernel
ends the process when its processor time is used up, also inside of one long C call. When the
server goes away the socket ends, and so does this process.
"""

import contextlib
import resource
import signal
import socket
import sys
from collections.abc import Iterator

import msgspec

from hanabi.styles.template.environment import compile_template, refusal, render_template, warm_up
from hanabi.styles.template.frames import (
    LENGTH_BYTES,
    Compile,
    Compiled,
    Ready,
    Render,
    Rendered,
    ToTemplate,
    frame,
)
from hanabi.styles.template.limits import CPU_SECONDS, MEMORY_BYTES


class TemplateServer:
    """Compiles a template and renders it, over one socket until that closes."""

    def __init__(self, connection: socket.socket) -> None:
        """Take the socket to the server."""
        self._connection = connection
        self._frames = connection.makefile("rb")
        self._decoder = msgspec.msgpack.Decoder(ToTemplate)

    def serve(self) -> None:
        """Compile what the first frame holds, then render it as often as asked."""
        self._connection.sendall(frame(Ready()))
        first = self._receive()
        if not isinstance(first, Compile):
            return
        with _processor_time():
            try:
                template = compile_template(first.template)
            except Exception as error:  # noqa: BLE001 - a template can raise anything
                self._connection.sendall(frame(refusal(error)))
                return
            self._connection.sendall(frame(Compiled()))
        while isinstance(call := self._receive(), Render):
            with _processor_time():
                try:
                    answer = frame(Rendered(render_template(template, first.template, call)))
                except Exception as error:  # noqa: BLE001 - a template can raise anything
                    answer = frame(refusal(error))
                self._connection.sendall(answer)

    def _receive(self) -> ToTemplate | None:
        """The next message, or None when the server has gone."""
        head = self._frames.read(LENGTH_BYTES)
        if len(head) < LENGTH_BYTES:
            return None
        message: ToTemplate = self._decoder.decode(self._frames.read(int.from_bytes(head, "big")))
        return message


@contextlib.contextmanager
def _processor_time() -> Iterator[None]:
    """Let SIGPROF end this process when it uses more than its time in here.

    The signal keeps its default action, so no handler has to wait for the interpreter's turn.
    """
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def confine() -> None:
    """Give up, for good, what no template needs."""
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(limit, (most, most))


def main() -> None:
    """Run the template process on the socket whose file descriptor is the first argument."""
    # Ctrl-C reaches the whole foreground group, and systemd's SIGTERM the whole service. The
    # server has requests to finish first, and decides itself when its children end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as connection, contextlib.suppress(OSError):
        warm_up()
        confine()
        TemplateServer(connection).serve()


if __name__ == "__main__":
    main()
