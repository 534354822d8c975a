"""The socket that the server listens on, and the TLS that is spoken on it."""

import socket
import ssl
import stat
from pathlib import Path

BACKLOG = 4096
"""Connections that may wait to be accepted: a burst of clients is refused by us, with a reason."""

SOCKET_MODE = 0o660
"""Of a Unix socket: for its owner and the group, which is how a proxy is let in."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address. Raises OSError with a sentence for the person."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        message = (
            f"cannot listen on {host}:{port} ({error.strerror or error}): "
            "choose another address with --host or --port"
        )
        raise OSError(message) from error
    return found


def listen_on_path(path: Path) -> socket.socket:
    """A Unix socket that listens; the file of a server that has ended is replaced.

    Raises OSError with a sentence for the person, also where another server listens.
    """
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _clear(path)
        found.bind(str(path))
        path.chmod(SOCKET_MODE)  # before anyone can connect
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        message = (
            f"cannot listen on {path} ({error.strerror or error}): choose another path with --uds"
        )
        raise OSError(message) from error
    return found


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What speaks TLS 1.2 or later. Raises OSError with a sentence for the person."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # An encrypted key is not asked for at the terminal, but refused.
        context.load_cert_chain(certificate, key, password="")
    except OSError as error:  # ssl.SSLError is one
        message = (
            f"cannot use --tls-cert {certificate} with --tls-key {key} ({error.strerror or error}):"
            " both must be PEM files, the key without a password and that of the certificate"
        )
        raise OSError(message) from error
    return context


def _clear(path: Path) -> None:
    """Remove a socket that nobody listens on. Raises OSError for anything else in the way."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        message = "there is a file that is no socket"
        raise OSError(message)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    message = "another server listens there"
    raise OSError(message)
