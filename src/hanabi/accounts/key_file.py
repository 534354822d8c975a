"""The file `api-key` in the home folder: the key that local tools use without being told."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Literal

import msgspec

from hanabi.accounts.keys import Keys

ACCOUNT = "fireworks"
"""The account of the local key: the one whose name the guide's model names carry."""

FILE_NAME = "api-key"

Origin = Literal["kept", "first", "replaced"]
"""`kept`: the file held a good key. `first`: there was no key at all. `replaced`: there were
keys, but the file was lost or its key no longer good."""


class LocalKey(msgspec.Struct, frozen=True):
    """The key in the file, and how it came there."""

    text: str
    origin: Origin


def ensure_local_key(keys: Keys, home: Path) -> LocalKey:
    """Make sure that `$HANABI_HOME/api-key` holds a good key; an admin key is made where not."""
    path = home / FILE_NAME
    text = read_key_file(home)
    if text is not None and keys.authenticate(text) is not None:
        return LocalKey(text, "kept")
    origin: Origin = "replaced" if keys.count() else "first"
    created = keys.create(ACCOUNT, "local", admin=True)
    _write_private(path, created.text + "\n")
    return LocalKey(created.text, origin)


def read_key_file(home: Path) -> str | None:
    """The key in the file; None where there is no file."""
    try:
        return (home / FILE_NAME).read_text("utf-8", errors="replace").strip()
    except FileNotFoundError:
        return None


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first byte on, in one step."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
