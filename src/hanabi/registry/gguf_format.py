"""The GGUF container: key/values, and where each tensor lies.

Source: the format's specification in ggml's docs/gguf.md, and the limits of gguf.cpp and ggml.h.
Whoever wrote the file may be hostile: every length is held against the bytes that are left before
it is believed, so a file costs memory and time by its own size, up to `MAX_HEADER_BYTES`. The file
is read, not mapped, since a mapping whose file shrinks kills the process.
"""

import re
import struct
from array import array
from pathlib import Path
from reprlib import repr as quoted  # the file is its maker's own: a long text is cut short
from typing import BinaryIO, TypeAlias

import msgspec

from hanabi.errors import InvalidRequestError
from hanabi.registry.ggml_types import GGML_TYPES, GgmlType

MAX_HEADER_BYTES = 128 << 20  # a vocabulary of 262,144 tokens with its merges takes 15 MB
MAX_KEYS = 4096
MAX_TENSORS = 1 << 16
MAX_STRINGS = 1 << 21  # in one array; a large vocabulary has half a million merges
MAX_KEY_BYTES = 255
MAX_TENSOR_NAME_BYTES = 63  # GGML_MAX_NAME, with its terminating zero
MAX_DIMENSIONS = 4  # GGML_MAX_DIMS
MAX_ALIGNMENT = 1 << 16
DEFAULT_ALIGNMENT = 32

Value: TypeAlias = (
    "bool | int | float | str | tuple[str, ...] | tuple[bool, ...] | array[int] | array[float]"
)
"""What a key may have: a scalar, or an array of scalars of one type."""

_MAGIC = b"GGUF"
_BOOL, _STRING, _ARRAY = 7, 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 10: "Q", 11: "q", 12: "d"}
_KEY = re.compile(r"[\x21-\x7e]+")
_U32, _U64 = struct.Struct("<I"), struct.Struct("<Q")
_SMALLEST_KEY = 8 + 1 + 4 + 1  # bytes: its name's length, a letter, a type, a value
_SMALLEST_TENSOR = 8 + 1 + 4 + 8 + 4 + 8  # likewise, its dimensions and its offset


class Tensor(msgspec.Struct, frozen=True):
    """A tensor's place.

    Attributes:
        name: its name.
        shape: its dimensions, the one that is contiguous in memory first.
        type: its number format.
        offset: of its first byte in the file.
        size: its bytes.
    """

    name: str
    shape: tuple[int, ...]
    type: GgmlType
    offset: int
    size: int

    @property
    def elements(self) -> int:
        """How many numbers it has."""
        count = 1
        for length in self.shape:
            count *= length
        return count


class Gguf(msgspec.Struct, frozen=True):
    """A GGUF file but for the numbers in it.

    Attributes:
        version: of the format, 2 or 3.
        values: the key/values, in the file's order.
        types: the number of each value's type, by its key.
        tensors: in the file's order.
    """

    version: int
    values: dict[str, Value]
    types: dict[str, int]
    tensors: tuple[Tensor, ...]


def read_gguf(path: Path) -> Gguf:
    """Read a file's key/values and tensor infos, and check that its tensors are inside it.

    Raises InvalidRequestError that names the key or the tensor, OSError where it cannot be read.
    """
    with path.open("rb") as file:
        reader = _Reader(file, path.stat().st_size)
        version = _version(reader)
        tensor_count = reader.count("tensors", MAX_TENSORS, _SMALLEST_TENSOR)
        key_count = reader.count("keys", MAX_KEYS, _SMALLEST_KEY)
        values: dict[str, Value] = {}
        types: dict[str, int] = {}
        for number in range(key_count):
            key = reader.string(f"the name of key {number}", MAX_KEY_BYTES)
            if not _KEY.fullmatch(key):
                raise refused(f"the name of key {number} must be visible ASCII: {quoted(key)}")
            if key in values:
                raise refused(f"the key {key} stands there twice")
            types[key] = reader.u32(f"the type of {key}")
            values[key] = _value(reader, key, types[key])
        return Gguf(version, values, types, _tensors(reader, tensor_count, values))


def refused(reason: str) -> InvalidRequestError:
    """Return the error of a file that is no good GGUF."""
    return InvalidRequestError(f"the GGUF file cannot be used: {reason}", param="weights")


class _Reader:
    """Reads numbers and texts, never beyond the end."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size
        self.position = 0

    def take(self, size: int, what: str) -> bytes:
        """Read that many bytes."""
        if size > self.size - self.position:
            raise refused(
                f"it ends within {what}, which needs {size} bytes at {self.position} of {self.size}"
            )
        if size > MAX_HEADER_BYTES - self.position:
            raise refused(f"{what} ends beyond the first {MAX_HEADER_BYTES} bytes")
        taken = self._file.read(size)
        if len(taken) < size:
            raise refused(f"it was cut short within {what} while it was read")
        self.position += size
        return taken

    def u32(self, what: str) -> int:
        number: int = _U32.unpack(self.take(4, what))[0]
        return number

    def u64(self, what: str) -> int:
        number: int = _U64.unpack(self.take(8, what))[0]
        return number

    def count(self, what: str, limit: int, smallest: int) -> int:
        """Read how many things follow, each of at least `smallest` bytes."""
        count = self.u64(f"the number of {what}")
        if count > limit:
            raise refused(f"it must have at most {limit} {what}: {count}")
        if count * smallest > self.size - self.position:
            raise refused(f"{count} {what} do not fit in its {self.size} bytes")
        return count

    def string(self, what: str, limit: int = MAX_HEADER_BYTES) -> str:
        """Read a text with its length before it."""
        length = self.u64(what)
        if length > limit:
            raise refused(f"{what} must have at most {limit} bytes: {length}")
        try:
            return self.take(length, what).decode()
        except UnicodeDecodeError as error:
            raise refused(f"{what} must be UTF-8: {error.reason}") from error


def _version(reader: _Reader) -> int:
    """Read the magic and the version."""
    magic = reader.take(4, "its magic")
    if magic != _MAGIC:
        raise refused(f"it must begin with the letters GGUF: {magic!r}")
    version = reader.u32("its version")
    if version and version % (1 << 16) == 0:
        raise refused("it is big-endian, and this machine is not: convert it to little-endian")
    if version not in {2, 3}:
        raise refused(f"its version must be 2 or 3: {version}; convert the model anew")
    return version


def _value(reader: _Reader, key: str, kind: int) -> Value:
    """Read the value of a key, which has this type."""
    if kind == _ARRAY:
        return _array(reader, key)
    if kind == _STRING:
        return reader.string(key)
    if kind == _BOOL:
        return _booleans(reader, key, 1)[0]
    return _numbers(reader, key, kind, 1)[0]


def _array(reader: _Reader, key: str) -> Value:
    """Read an array: the type of its elements, how many there are, and they."""
    kind = reader.u32(f"the type of the elements of {key}")
    count = reader.u64(f"the length of {key}")
    if kind == _ARRAY:
        raise refused(f"{key} must not be an array of arrays")
    if kind == _STRING:
        if count > MAX_STRINGS:
            raise refused(f"{key} must have at most {MAX_STRINGS} texts: {count}")
        return tuple(reader.string(f"{key}[{index}]") for index in range(count))
    if kind == _BOOL:
        return _booleans(reader, key, count)
    return _numbers(reader, key, kind, count)


def _booleans(reader: _Reader, key: str, count: int) -> tuple[bool, ...]:
    raw = reader.take(count, key)
    if raw.strip(b"\0\1"):
        raise refused(f"{key} must be 0 or 1 where it is a boolean")
    return tuple(map(bool, raw))


def _numbers(reader: _Reader, key: str, kind: int, count: int) -> "array[int] | array[float]":
    code = _SCALARS.get(kind)
    if code is None:
        raise refused(f"{key} has the type {kind}, which GGUF does not have")
    numbers: array[float] = array(code)
    numbers.frombytes(reader.take(count * struct.calcsize(f"<{code}"), key))
    return numbers


def _tensors(reader: _Reader, count: int, values: dict[str, Value]) -> tuple[Tensor, ...]:
    """Read where the tensors are: one after the other, each at a multiple of the alignment."""
    alignment = values.get("general.alignment", DEFAULT_ALIGNMENT)
    if (
        isinstance(alignment, bool)
        or not isinstance(alignment, int)
        or not 0 < alignment <= MAX_ALIGNMENT
        or alignment & (alignment - 1)
    ):
        raise refused(
            f"general.alignment must be a power of two up to {MAX_ALIGNMENT}: {quoted(alignment)}"
        )
    parsed = [_tensor(reader, number) for number in range(count)]
    start = _padded(reader.position, alignment)
    expected = 0
    names: set[str] = set()
    tensors = []
    for name, shape, type_, offset in parsed:
        if name in names:
            raise refused(f"the tensor {name} stands there twice")
        names.add(name)
        size = _bytes_of(name, shape, type_)
        # As llama.cpp has it: no gap but the padding, hence no overlap either.
        if offset != expected:
            raise refused(f"the tensor {name} must be at offset {expected}: {offset}")
        if start + offset + size > reader.size:
            raise refused(
                f"the tensor {name} ends at byte {start + offset + size}, "
                f"and the file at {reader.size}"
            )
        tensors.append(Tensor(name, shape, type_, start + offset, size))
        expected = _padded(offset + size, alignment)
    return tuple(tensors)


def _tensor(reader: _Reader, number: int) -> tuple[str, tuple[int, ...], GgmlType, int]:
    """Read a tensor's name, shape, number format and offset."""
    what = f"tensor {number}"
    name = reader.string(f"the name of {what}", MAX_TENSOR_NAME_BYTES)
    if not _KEY.fullmatch(name):
        raise refused(f"the name of {what} must be visible ASCII: {quoted(name)}")
    dimensions = reader.u32(f"the dimensions of {name}")
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise refused(f"the tensor {name} must have 1 to {MAX_DIMENSIONS} dimensions: {dimensions}")
    shape = tuple(reader.u64(f"the shape of {name}") for _ in range(dimensions))
    kind = reader.u32(f"the type of {name}")
    if kind not in GGML_TYPES:
        raise refused(f"the tensor {name} has the number format {kind}, which is unknown here")
    return name, shape, GGML_TYPES[kind], reader.u64(f"the offset of {name}")


def _bytes_of(name: str, shape: tuple[int, ...], type_: GgmlType) -> int:
    """How many bytes a tensor has."""
    if min(shape) < 1:
        raise refused(f"the tensor {name} has an empty dimension: {list(shape)}")
    if shape[0] % type_.block:
        raise refused(
            f"the rows of {name} must be multiples of {type_.block}, as {type_.name} has it: "
            f"{shape[0]}"
        )
    size = type_.size
    for length in (shape[0] // type_.block, *shape[1:]):
        size *= length
    return size


def _padded(position: int, alignment: int) -> int:
    return -(-position // alignment) * alignment
