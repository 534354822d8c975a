"""What the files of a model may be: their names, and what is in them before anything reads it."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from reprlib import repr as quoted  # names come from clients: a long one is cut short

import msgspec

from hanabi.errors import InvalidRequestError
from hanabi.registry.gguf import GgufHeader, read_header
from hanabi.registry.manifest import MAX_BYTES, Manifest, parse_manifest
from hanabi.registry.split import (
    ADVICE,
    are_parts_of_one,
    missing_among,
    missing_parts,
    part_name,
)

WEIGHTS_SUFFIX = ".gguf"
MANIFEST = "fireworks.json"
MAX_PATH_BYTES = 200
MAX_TEXT_BYTES = 64 << 20  # a tokenizer.json has up to some 35 MB

JSON_FILES = (
    MANIFEST,
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
)
TEXT_FILES = re.compile(r"README\.md|LICENSE(?:[.-][A-Za-z0-9._-]+)?")
ALLOWED = (
    f"one *{WEIGHTS_SUFFIX} or the parts of one, {', '.join(JSON_FILES)}, README.md and LICENSE*"
)

_PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".npy", ".npz", ".joblib")
_PICKLE = re.compile(rb"\x80[\x02-\x05]")  # PROTO of protocols 2 to 5
_ZIP = b"PK\x03\x04"  # what torch.save writes: a ZIP with a pickle inside


def check_paths(paths: Iterable[str]) -> None:
    """Check the names of a model's files, each alone and among each other.

    Raises InvalidRequestError that states the rule and the name.
    """
    seen: dict[str, str] = {}
    for path in paths:
        _check_path(path)
        folded = unicodedata.normalize("NFC", path).casefold()
        if folded in seen:
            raise _refused(path, f"differs from {quoted(seen[folded])} in case alone")
        seen[folded] = path
    weights = sorted(path for path in seen.values() if path.endswith(WEIGHTS_SUFFIX))
    if len(weights) > 1 and not are_parts_of_one(weights):
        raise InvalidRequestError(
            f"a model has one {WEIGHTS_SUFFIX} file, or the parts of one, which are named alike "
            f"(model-00001-of-00003{WEIGHTS_SUFFIX}): {', '.join(map(quoted, weights))}",
            param="files",
        )


def check_contents(files: Mapping[str, Path]) -> tuple[GgufHeader, Manifest | None]:
    """Read a model's files, by their names, and refuse what is not what its name says.

    Raises InvalidRequestError that names the file, and the key in it where it is JSON or GGUF.
    """
    manifest = None
    for name, path in files.items():
        if name.endswith(WEIGHTS_SUFFIX):
            continue
        content = _small_file(name, path)
        if name in JSON_FILES:
            _check_json(name, content)
        if name == MANIFEST:
            manifest = parse_manifest(content)
    return _read_weights(weights_among(files)), manifest


def weights_among(files: Mapping[str, Path]) -> dict[str, Path]:
    """The files of weights among a model's files: one, or its parts in order."""
    names = sorted(name for name in files if name.endswith(WEIGHTS_SUFFIX))
    return {name: files[name] for name in names}


def _read_weights(weights: Mapping[str, Path]) -> GgufHeader:
    """Read the header of a model's weights, of all its parts. Raises InvalidRequestError."""
    if not weights:
        raise InvalidRequestError(f"a model needs a {WEIGHTS_SUFFIX} file", param="files")
    for name, path in weights.items():
        refuse_pickle(name, path)
    if missing := missing_among(list(weights)):
        raise InvalidRequestError(missing, param="files")
    (first, path), *rest = weights.items()
    header = read_header(path, dict(rest))
    if header.parts != len(weights):
        part = part_name(first)
        alone = f"is one of {header.parts} parts of a model: {ADVICE}"
        missing = None if part is None else missing_parts(part, [first])
        raise _refused(first, f"is alone: {missing}" if missing else alone)
    return header


def refuse_pickle(name: str, path: Path) -> None:
    """Raise InvalidRequestError where a file begins as pickles do: to load one runs its code."""
    with path.open("rb") as file:
        start = file.read(4)
    if _PICKLE.match(start) or start == _ZIP:
        raise _refused(name, "is a pickle or a ZIP, which can run code when loaded; give a GGUF")


def merged(given: Manifest, found: Manifest | None) -> Manifest:
    """The one manifest out of what was given beside the files and what is among them.

    Raises InvalidRequestError where both say something, and not the same.
    """
    if found is None:
        return given
    for name in Manifest.__struct_fields__:
        ours, theirs, nothing = (getattr(part, name) for part in (given, found, Manifest()))
        if ours not in (nothing, theirs) and theirs != nothing:
            raise InvalidRequestError(
                f"{name} is in the model's {MANIFEST} and was given beside it, and they differ: "
                "give it in one place alone",
                param=name,
            )
        if ours != nothing:
            found = msgspec.structs.replace(found, **{name: ours})
    return found


def _check_path(path: str) -> None:
    """Raise InvalidRequestError where no file of a model may have this name."""
    if "\0" in path or any(unicodedata.category(character)[0] == "C" for character in path):
        raise _refused(path, "has control characters")
    if len(path.encode()) > MAX_PATH_BYTES:
        raise _refused(path, f"is longer than {MAX_PATH_BYTES} bytes")
    if "/" in path or "\\" in path or path in {"", ".", ".."}:
        raise _refused(path, "must be a plain file name, without folders")
    suffix = Path(path).suffix.lower()
    if suffix in _PICKLE_SUFFIXES:
        raise _refused(path, "is a pickle by its name, which can run code when loaded")
    if suffix == ".py":
        raise _refused(path, "is code, and models are data")
    if suffix == ".safetensors":
        raise _refused(path, f"cannot be run: convert the weights to {WEIGHTS_SUFFIX}")
    weights = path.endswith(WEIGHTS_SUFFIX) and not path.startswith(".")
    if not (weights or path in JSON_FILES or TEXT_FILES.fullmatch(path)):
        raise _refused(path, f"is none of the files that a model may have: {ALLOWED}")


def _small_file(name: str, path: Path) -> bytes:
    limit = MAX_BYTES if name == MANIFEST else MAX_TEXT_BYTES
    size = path.stat().st_size
    if size > limit:
        raise _refused(name, f"must have at most {limit} bytes: {size}")
    refuse_pickle(name, path)
    return path.read_bytes()


def _check_json(name: str, content: bytes) -> None:
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refused(name, f"is not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise _refused(name, "must be a JSON object")
    if "auto_map" in value:
        raise _refused(name, "has auto_map, which asks for code of the model's maker to be run")


def _refused(name: str, reason: str) -> InvalidRequestError:
    return InvalidRequestError(f"{quoted(name)} {reason}", param="files")
