import struct

import gguf as reference
import pytest

from hanabi.errors import InvalidRequestError
from hanabi.registry import gguf_format
from hanabi.registry.bundled import find_weights
from hanabi.registry.ggml_types import GGML_TYPES
from hanabi.registry.gguf_format import read_gguf

from . import gguf_bytes as made
from .gguf_bytes import ARRAY, BOOL, STRING, U8, U32, U64


@pytest.fixture
def refusal(tmp_path):
    """Reads bytes that have to be refused, and returns the reason."""

    def read(content):
        (tmp_path / "bad.gguf").write_bytes(content)
        with pytest.raises(InvalidRequestError) as caught:
            read_gguf(tmp_path / "bad.gguf")
        return caught.value.message

    return read


def check_against_the_reference(path):
    ours, theirs = read_gguf(path), reference.GGUFReader(path)
    fields = {name: field for name, field in theirs.fields.items() if name[:5] != "GGUF."}
    assert list(ours.values) == list(fields)
    for name, field in fields.items():
        value = ours.values[name]
        if field.types[0] is reference.GGUFValueType.ARRAY:
            assert len(value) == len(field.data)
            few = slice(0, None, max(len(value) // 100, 1))  # it is slow over a whole vocabulary
            assert list(value[few]) == field.contents(few), name
        else:
            assert value == field.contents(), name
    assert [
        (tensor.name, tensor.shape, tensor.type.name, tensor.offset, tensor.size)
        for tensor in ours.tensors
    ] == [
        (
            tensor.name,
            tuple(int(length) for length in tensor.shape),
            tensor.tensor_type.name,
            tensor.data_offset,
            tensor.n_bytes,
        )
        for tensor in theirs.tensors
    ]
    assert sum(tensor.elements for tensor in ours.tensors) == sum(
        int(tensor.n_elements) for tensor in theirs.tensors
    )


def test_a_tiny_file_reads_as_the_gguf_package_reads_it(weights):
    check_against_the_reference(weights)


def test_the_bundled_file_reads_as_the_gguf_package_reads_it():
    check_against_the_reference(find_weights())


def test_every_type_of_value_reads_as_the_gguf_package_reads_it(tmp_path):
    writer = reference.GGUFWriter(tmp_path / "all.gguf", "llama")
    writer.add_uint8("u8", 255)
    writer.add_int8("i8", -128)
    writer.add_uint16("u16", 65535)
    writer.add_int16("i16", -32768)
    writer.add_uint32("u32", 2**32 - 1)
    writer.add_int32("i32", -(2**31))
    writer.add_uint64("u64", 2**64 - 1)
    writer.add_int64("i64", -(2**63))
    writer.add_float32("f32", 0.5)
    writer.add_float64("f64", 1e-300)
    writer.add_bool("yes", val=True)
    writer.add_string("text", "héllo")
    writer.add_array("texts", ["a", "", "ç"])
    writer.add_array("numbers", [1, -2, 3])
    writer.add_array("floats", [1.5, 2.5])
    writer.add_array("flags", [True, False])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    check_against_the_reference(tmp_path / "all.gguf")


def test_the_types_of_the_gguf_package_are_known():
    theirs = {kind.value: (kind.name, *size) for kind, size in reference.GGML_QUANT_SIZES.items()}
    # The package has Q8_1 with 32-bit factors, as it was before 2024; nobody stores tensors in it.
    theirs[9] = ("Q8_1", 32, 36)
    assert theirs.items() <= {number: tuple(kind) for number, kind in GGML_TYPES.items()}.items()


def test_a_file_made_by_hand(tmp_path):
    (tmp_path / "good.gguf").write_bytes(made.gguf())
    read = read_gguf(tmp_path / "good.gguf")
    assert [(tensor.name, tensor.size) for tensor in read.tensors] == [("a", 96), ("b", 20)]
    (tmp_path / "good.gguf").write_bytes(made.gguf(version=2))
    assert read_gguf(tmp_path / "good.gguf").version == 2


def test_another_alignment(tmp_path):
    keys = [*made.model(), made.key("general.alignment", U32, 128)]
    tensors = [made.tensor("a", [8, 3], 0), made.tensor("b", [5], 128)]
    (tmp_path / "good.gguf").write_bytes(made.gguf(keys, tensors, content=148, alignment=128))
    assert [tensor.offset % 128 for tensor in read_gguf(tmp_path / "good.gguf").tensors] == [0, 0]


HUGE = 1 << 60
BAD_FILES = {
    "letters GGUF": made.gguf(magic=b"GGML"),
    "must be 2 or 3: 1": made.gguf(version=1),
    "must be 2 or 3: 0": made.gguf(version=0),
    "must be 2 or 3: 4": made.gguf(version=4),
    "big-endian": b"GGUF" + struct.pack(">IQQ", 3, 0, 0),
    "ends within its magic": b"",
    "at most 65536 tensors": made.gguf(counts=(HUGE, 1)),
    "at most 4096 keys": made.gguf(counts=(1, HUGE)),
    "60000 tensors do not fit": made.gguf(counts=(60000, 1)),
    "ends within x, which needs 8": made.gguf(
        [made.key("x", U64, 1)[:-1]], [], content=0, alignment=1
    ),
    "the key x stands there twice": made.gguf([made.key("x", U8, 1)] * 2),
    "name of key 0 must have at most 255": made.gguf([made.key("x" * 256, U8, 1)]),
    "name of key 0 must be visible ASCII": made.gguf([made.key("a b", U8, 1)]),
    "name of key 0 must be visible": made.gguf([made.key("", U8, 1)]),
    "name of key 0 must be UTF-8": made.gguf([made.key(b"\xff", U8, 1)]),
    "x must be UTF-8": made.gguf([made.key("x", STRING, b"\xff")]),
    "x has the type 13": made.gguf([made.text("x") + struct.pack("<II", 13, 0)]),
    "x has the type 99": made.gguf([made.key("x", ARRAY, struct.pack("<IQ", 99, 1))]),
    "must not be an array of arrays": made.gguf(
        [made.key("x", ARRAY, struct.pack("<IQ", ARRAY, HUGE))]
    ),
    "x must have at most 2097152 texts": made.gguf(
        [made.key("x", ARRAY, struct.pack("<IQ", STRING, HUGE))]
    ),
    "ends within x, which needs 9223372036854775808": made.gguf(
        [made.key("x", ARRAY, struct.pack("<IQ", U64, HUGE))]
    ),
    "x must be 0 or 1": made.gguf([made.key("x", BOOL, 2)]),
    "x must have at most": made.gguf([made.text("x") + struct.pack("<IQ", STRING, HUGE)]),
    "general.alignment must be": made.gguf([made.key("general.alignment", U32, 48)]),
    "general.alignment must be a power of two up to 65536: 0": made.gguf(
        [made.key("general.alignment", U32, 0)]
    ),
    "up to 65536: 'x'": made.gguf([made.key("general.alignment", STRING, "x")]),
    "the tensor a stands there twice": made.gguf(
        tensors=[made.tensor("a", [8], 0), made.tensor("a", [8], 32)]
    ),
    "name of tensor 0 must have at most 63": made.gguf(tensors=[made.tensor("a" * 64, [8], 0)]),
    "must have 1 to 4 dimensions: 0": made.gguf(tensors=[made.tensor("a", [], 0)]),
    "must have 1 to 4 dimensions: 5": made.gguf(tensors=[made.tensor("a", [1] * 5, 0)]),
    "number format 4": made.gguf(tensors=[made.tensor("a", [8], 0, 4)]),
    "number format 99": made.gguf(tensors=[made.tensor("a", [8], 0, 99)]),
    "has an empty dimension": made.gguf(tensors=[made.tensor("a", [8, 0], 0)]),
    "the rows of a must be multiples of 32": made.gguf(tensors=[made.tensor("a", [48], 0, 2)]),
    "tensor a ends at byte": made.gguf(tensors=[made.tensor("a", [HUGE] * 4, 0)]),
    "must be at offset 0: 32": made.gguf(tensors=[made.tensor("a", [8], 32)]),
    "must be at offset 96: 64": made.gguf(
        tensors=[made.tensor("a", [8, 3], 0), made.tensor("b", [5], 64)]
    ),
    "must be at offset 96: 95": made.gguf(
        tensors=[made.tensor("a", [8, 3], 0), made.tensor("b", [5], 95)]
    ),
    "tensor b ends at byte": made.gguf(content=made.CONTENT - 1),
}


@pytest.mark.parametrize("reason", BAD_FILES)
def test_a_bad_file_is_refused_with_a_reason(refusal, reason):
    assert reason in refusal(BAD_FILES[reason])


def test_a_header_beyond_the_limit(refusal, monkeypatch):
    monkeypatch.setattr(gguf_format, "MAX_HEADER_BYTES", 100)
    assert "ends beyond the first 100 bytes" in refusal(made.gguf())


def test_a_cut_anywhere_is_refused(refusal):
    whole = made.gguf()
    for length in range(len(whole)):
        assert "cannot be used" in refusal(whole[:length])
