"""Reading every file of every model again."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from hanabi.errors import InvalidRequestError
from hanabi.registry.blobs import Blobs
from hanabi.registry.content import WEIGHTS_SUFFIX, check_contents
from hanabi.registry.gguf import read_header
from hanabi.registry.model import StoredFile, StoredModel
from hanabi.registry.rows import digests_of_weights
from hanabi.registry.weights import Progress

_BLOCK = 1 << 20  # bytes of a read


class Fault(msgspec.Struct, frozen=True):
    """Something that is not as it was created.

    Attributes:
        name: the full name of the model.
        path: the file of the model; None where it is the record.
        reason: what is wrong.
    """

    name: str
    path: str | None
    reason: str


def faults_of(models: Sequence[StoredModel], blobs: Blobs, progress: Progress) -> Iterator[Fault]:
    """Yield the faults of READY models; a blob that several have is read once.

    Args:
        models: whose files to read.
        blobs: where they are.
        progress: told of the bytes that have been read, of all there are.
    """
    total = sum({file.digest: file.size for model in models for file in model.files}.values())
    reasons: dict[StoredFile, str | None] = {}
    done = 0
    for model in models:
        names = [file.path for file in model.files if file.path.endswith(WEIGHTS_SUFFIX)]
        first, later = names[0], names[1:]
        sound = True
        for file in model.files:
            blob = blobs.path(file.digest or "")
            # Only the first part of split weights has what `read_header` reads.
            kind = "" if file.path in later else Path(file.path).suffix
            known = StoredFile(kind, file.size, file.digest)
            if known not in reasons:
                start = done

                def told(read: int, start: int = start) -> None:
                    progress(start + read, total)

                reasons[known] = _reason(known, blob, told)
                done += file.size
            if reason := reasons[known]:
                sound = False
                yield Fault(str(model.name), file.path, reason)
        if sound and later and (reason := _split_reason(model, blobs)):
            yield Fault(str(model.name), first, reason)


def _reason(file: StoredFile, blob: Path, told: Callable[[int], None]) -> str | None:
    """What is wrong with a file, or None."""
    try:
        size = blob.stat().st_size
        if size != file.size:
            return f"has {size} bytes instead of {file.size}"
        if (digest := _digest(blob, told)) != file.digest:
            return f"has the SHA-256 {digest} instead of {file.digest}"
        if file.path.endswith(WEIGHTS_SUFFIX):
            read_header(blob)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except InvalidRequestError as error:
        return error.message
    return None


def _split_reason(model: StoredModel, blobs: Blobs) -> str | None:
    """What is wrong with the parts of a model together, each of which is sound; or None."""
    if not blobs.are_whole(digests_of_weights(model.files)):
        return "is not linked with the other parts: delete the model and create it again"
    try:
        check_contents({file.path: blobs.path(file.digest or "") for file in model.files})
    except InvalidRequestError as error:
        return error.message
    return None


def _digest(path: Path, told: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    done = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            done += len(block)
            told(done)
    return digest.hexdigest()
