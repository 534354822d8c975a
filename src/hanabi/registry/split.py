"""A model whose weights are split into several GGUF files, as llama-gguf-split writes them.

The file names number the parts from 1, `model-00001-of-00003.gguf`, and the keys `split.*` in each
file number them from 0. llama.cpp is given the first part, and finds the others by their names.
Source: llama-model-loader.cpp and llama_split_path of llama.cpp.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from reprlib import repr as quoted  # names come from clients: a long one is cut short

import msgspec

from hanabi.errors import InvalidRequestError
from hanabi.registry.gguf_format import Gguf, Tensor, read_gguf, refused

MAX_PARTS = (1 << 16) - 1  # llama.cpp counts them in 16 bits
MAX_ALL_TENSORS = (1 << 31) - 1  # likewise in 32 bits, with a sign
ADVICE = (
    "give all the parts together, named as llama-gguf-split names them (model-00001-of-00003.gguf"
    " and so on), or merge them: `llama-gguf-split --merge FIRST-PART MERGED.gguf`"
)
"""What to do with a model whose parts are not all there."""

_NAME = re.compile(r"(?P<start>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.DOTALL)
_MOST_SHOWN = 5
_TYPES = {
    "split.no": (2, "an unsigned 16-bit integer"),
    "split.count": (2, "an unsigned 16-bit integer"),
    "split.tensors.count": (5, "a signed 32-bit integer"),
}
"""The types that llama.cpp expects, by their numbers in GGUF and in words."""


class PartName(msgspec.Struct, frozen=True):
    """The name of a part.

    Attributes:
        start: what all parts of a model begin with.
        number: of this part, from 1.
        count: how many parts the model has.
    """

    start: str
    number: int
    count: int

    def __str__(self) -> str:
        """The file name."""
        return f"{self.start}-{self.number:05}-of-{self.count:05}.gguf"

    @property
    def all(self) -> list[str]:
        """The names of all the parts, in order."""
        return [str(PartName(self.start, n, self.count)) for n in range(1, self.count + 1)]


class Place(msgspec.Struct, frozen=True):
    """What a file says of its place among the parts.

    Attributes:
        number: of this part, from 0.
        count: how many parts the model has; 1 where it is not split.
        tensors: how many tensors all the parts have together; None where the file does not say.
    """

    number: int = 0
    count: int = 1
    tensors: int | None = None


def part_name(name: str) -> PartName | None:
    """Read the name of a part; None where it is no such name."""
    found = _NAME.fullmatch(name)
    if found is None or not 1 <= int(found["number"]) <= int(found["count"]) <= MAX_PARTS:
        return None
    return PartName(found["start"], int(found["number"]), int(found["count"]))


def are_parts_of_one(names: Sequence[str]) -> bool:
    """Whether all these names are of parts of the same model."""
    parts = [part_name(name) for name in names]
    return all(part is not None for part in parts) and (
        len({(part.start, part.count) for part in parts if part is not None}) == 1
    )


def missing_among(names: Sequence[str]) -> str | None:
    """A sentence that names the parts that are missing among some; None where none is.

    A single file can be a whole model, whatever its name is. Its content tells that.
    """
    first = part_name(names[0]) if len(names) > 1 else None
    return None if first is None else missing_parts(first, names)


def missing_parts(part: PartName, names: Sequence[str]) -> str | None:
    """A sentence that names the parts of a model that are not among `names`; None where all are."""
    given = set(names)
    missing = [number for number, name in enumerate(part.all, 1) if name not in given]
    if not missing:
        return None
    shown = ", ".join(map(str, missing[:_MOST_SHOWN]))
    if len(missing) > _MOST_SHOWN:
        shown += f" and {len(missing) - _MOST_SHOWN} more"
    example = quoted(str(PartName(part.start, missing[0], part.count)))
    parts, verb = ("part", "is") if len(missing) == 1 else ("parts", "are")
    return f"{parts} {shown} of {part.count} {verb} missing ({example}): {ADVICE}"


def siblings(path: Path) -> list[Path]:
    """The parts of a model that lie beside a part, in order; the file alone where it is no part."""
    part = part_name(path.name)
    if part is None:
        return [path]
    return [beside for name in part.all if (beside := path.with_name(name)).is_file()]


def place_of(gguf: Gguf) -> Place:
    """The place of a file among the parts of its model.

    llama.cpp ends the process where one of the numbers has another type than llama-gguf-split
    gives it. Raises InvalidRequestError that names the key.
    """
    count = _number(gguf, "split.count", MAX_PARTS) or 1
    if count == 1:
        return Place()
    number = _number(gguf, "split.no", count - 1)
    if number is None:
        raise refused("split.no is missing, and split.count says that the model is split")
    return Place(number, count, _number(gguf, "split.tensors.count", MAX_ALL_TENSORS))


def read_rest(first: Gguf, rest: Mapping[str, Path]) -> tuple[Tensor, ...]:
    """Read the parts after the first, and check that they and the first are one model.

    Args:
        first: the first part.
        rest: all the other parts by their names, in order.

    Returns the tensors of the other parts.

    Raises InvalidRequestError that names the part and the key, OSError.
    """
    place = place_of(first)
    if place.count != len(rest) + 1:
        raise refused(f"split.count must be {len(rest) + 1}, the number of parts: {place.count}")
    seen = {tensor.name for tensor in first.tensors}
    tensors: list[Tensor] = []
    for number, (name, path) in enumerate(rest.items(), 1):
        try:
            gguf = read_gguf(path)
            _check_place(gguf, Place(number, place.count, place.tensors))
        except InvalidRequestError as error:
            raise InvalidRequestError(
                f"{quoted(name)}: {error.message}", param="weights"
            ) from error
        for tensor in gguf.tensors:
            if tensor.name in seen:
                raise refused(f"{quoted(name)} has the tensor {tensor.name} of another part again")
            seen.add(tensor.name)
        tensors += gguf.tensors
    if place.tensors != len(seen):
        raise refused(
            f"split.tensors.count must be {len(seen)}, as the parts have: {place.tensors}"
        )
    return tuple(tensors)


def _check_place(gguf: Gguf, expected: Place) -> None:
    """Check the place of a part that is not the first. Raises InvalidRequestError."""
    number = _number(gguf, "split.no", MAX_PARTS)
    if number != expected.number:
        raise refused(f"split.no must be {expected.number}, as the name says: {number}")
    count = _number(gguf, "split.count", MAX_PARTS)
    if count not in {None, expected.count}:
        raise refused(f"split.count must be {expected.count}, as in the first part: {count}")
    tensors = _number(gguf, "split.tensors.count", MAX_ALL_TENSORS)
    if tensors not in {None, expected.tensors}:
        raise refused(
            f"split.tensors.count must be {expected.tensors}, as in the first part: {tensors}"
        )


def _number(gguf: Gguf, key: str, most: int) -> int | None:
    value = gguf.values.get(key)
    if value is None:
        return None
    type_, what = _TYPES[key]
    if gguf.types[key] != type_:
        raise refused(f"{key} must be {what}")
    if not isinstance(value, int) or not 0 <= value <= most:
        raise refused(f"{key} must be an integer from 0 to {most}: {quoted(value)}")
    return value
