"""The key that `hanabi serve` keeps for its own machine, in the file `api-key` of its home."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def local_key(environment: Mapping[str, str]) -> str | None:
    """The key in the file; None where there is no file, or another user could have put it there."""
    try:
        with (_home(environment) / "api-key").open(encoding="utf-8", errors="replace") as file:
            if hasattr(os, "geteuid") and os.fstat(file.fileno()).st_uid != os.geteuid():
                return None
            return file.read(4096).strip() or None
    except (OSError, RuntimeError):  # RuntimeError: the user has no home folder
        return None


def _home(environment: Mapping[str, str]) -> Path:
    """Where the server keeps it: HANABI_HOME, or the platform's folder for a user's data."""
    if home := environment.get("HANABI_HOME"):
        return Path(home).expanduser()
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "hanabi"
    if (data := environment.get("XDG_DATA_HOME", "")).startswith("/"):
        return Path(data) / "hanabi"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/hanabi"
    return Path.home() / ".local/share/hanabi"
