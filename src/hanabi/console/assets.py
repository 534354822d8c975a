"""The files of the console, in memory as they go out.

They are found by looking into the package's own folder; a path that comes over the network is a
key of a dict and never reaches the file system.
"""

import gzip
import hashlib
from pathlib import Path

import msgspec

STATIC = Path(__file__).with_name("static")
INDEX = "index.html"

MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
"""The only kinds of files that are given out, whatever an editor leaves in the folder."""


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """A file.

    Attributes:
        media_type: what it is; all of them are UTF-8.
        content: its bytes.
        compressed: the same, by gzip.
        digest: tells one content from another.
    """

    media_type: str
    content: bytes
    compressed: bytes
    digest: str


class Assets:
    """The files of a folder by their paths in it, with `/`."""

    def __init__(self, folder: Path = STATIC) -> None:
        """Read the folder."""
        self._folder = folder
        self._read: dict[Path, tuple[int, Asset]] = {}
        self._by_path: dict[str, Asset] = {}
        self.refresh()

    def find(self, path: str) -> Asset | None:
        """The file with a path, or None."""
        return self._by_path.get(path)

    def refresh(self) -> None:
        """Read what is new or was changed since, as a developer does; forget what is gone."""
        paths = (path for path in self._folder.rglob("*") if path.is_file())
        self._read = {path: self._current(path) for path in paths if path.suffix in MEDIA_TYPES}
        self._by_path = {
            path.relative_to(self._folder).as_posix(): asset
            for path, (_, asset) in self._read.items()
        }

    def _current(self, path: Path) -> tuple[int, Asset]:
        """The file and when it was changed, in nanoseconds; it is read where that is news."""
        changed = path.stat().st_mtime_ns
        known = self._read.get(path)
        return known if known and known[0] == changed else (changed, read_asset(path))


def read_asset(path: Path) -> Asset:
    """Read and compress a file."""
    content = path.read_bytes()
    return Asset(
        media_type=MEDIA_TYPES[path.suffix],
        content=content,
        compressed=gzip.compress(content, mtime=0),
        digest=hashlib.sha256(content).hexdigest()[:16],
    )
