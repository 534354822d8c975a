"""The files of this machine that a model is created of."""

import stat
from pathlib import Path

from hanabi.errors import InvalidRequestError
from hanabi.registry.content import check_paths
from hanabi.registry.split import siblings


def open_source(source: Path) -> dict[str, Path]:
    """Find the files of a model by their names, sorted, and check the names.

    Args:
        source: a file of weights, or a part of weights beside the other parts, where symbolic links
            are followed; or a folder with such files, whose links are refused, since they can lead
            to anything on the machine.

    Raises InvalidRequestError that states the rule and the name.
    """
    try:
        mode = source.stat().st_mode
    except (OSError, ValueError) as error:
        raise InvalidRequestError(
            f"there is no such file or folder: {source.name!r}", param="path"
        ) from error
    if stat.S_ISREG(mode):
        files = {part.name: part.resolve() for part in siblings(source)}
    elif stat.S_ISDIR(mode):
        files = {entry.name: entry for entry in sorted(source.iterdir())}
    else:
        raise InvalidRequestError(
            f"{source.name!r} must be a regular file or a folder", param="path"
        )
    check_paths(files)
    for name, path in files.items():
        if not stat.S_ISREG(path.lstat().st_mode):
            raise InvalidRequestError(
                f"{name!r} must be a regular file, no folder and no symbolic link", param="files"
            )
    return files
