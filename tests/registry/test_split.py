import shutil

import pytest

from hanabi.errors import FailedPreconditionError, InvalidRequestError, UnavailableError
from hanabi.registry.gguf import read_header
from hanabi.registry.guest import guest_model
from hanabi.registry.names import ModelName
from hanabi.registry.split import PartName, part_name

from ..tiny_llama import write_tiny_llama  # noqa: TID252 - test folders are no packages
from . import gguf_bytes as made
from .gguf_bytes import I32, U16, U32

NAME, OTHER = ModelName("fireworks", "tiny"), ModelName("fireworks", "other")
PARTS = PartName("tiny", 1, 3).all


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "parts"
    made.mkdir()
    write_tiny_llama(made / "tiny.gguf", parts=3)
    return made


def links(home):
    return sorted(path.name for path in (home / "blobs" / "split").glob("*/*"))


def blobs(home):
    return len(list((home / "blobs" / "sha256").iterdir()))


def test_names():
    assert part_name("a-00002-of-00003.gguf") == PartName("a", 2, 3)
    for name in ("a.gguf", "a-00000-of-00003.gguf", "a-00004-of-00003.gguf", "a-2-of-3.gguf"):
        assert part_name(name) is None


@pytest.mark.parametrize("given", ["", *PARTS])
def test_one_model_of_all_parts(registry, folder, home, weights, given):
    model = registry.create(NAME, folder / given)
    assert [file.path for file in model.files] == PARTS
    assert model == registry.resolve(NAME)
    names = PartName("weights", 1, 3).all
    assert model.weights.name == names[0]
    for file, name in zip(PARTS, names, strict=True):
        assert (folder / file).read_bytes() == model.weights.with_name(name).read_bytes()
    whole = read_header(model.weights, {name: model.weights.with_name(name) for name in names[1:]})
    assert whole.parameters == read_header(weights).parameters
    assert list(registry.verify()) == []
    registry.delete(NAME)
    assert (links(home), blobs(home)) == ([], 0)


def test_a_shared_part_stays(registry, folder, home, tmp_path):
    first = registry.create(NAME, folder)
    assert registry.create(OTHER, folder).weights == first.weights
    registry.delete(OTHER)
    assert registry.resolve(NAME).weights == first.weights
    other = shutil.copytree(folder, tmp_path / "other")
    raw = (other / PARTS[1]).read_bytes()
    (other / PARTS[1]).unlink()
    (other / PARTS[1]).write_bytes(raw[:-1] + b"\1")
    registry.create(OTHER, other)
    assert (blobs(home), len(links(home))) == (4, 6)
    registry.delete(NAME)
    assert (blobs(home), len(links(home))) == (3, 3)
    assert list(registry.verify()) == []


def test_a_part_that_is_missing_is_named(registry, folder):
    (folder / PARTS[1]).unlink()
    for source in (folder, folder / PARTS[0], folder / PARTS[2]):
        with pytest.raises(
            InvalidRequestError, match=r"part 2 of 3 is missing.*give all the parts"
        ):
            registry.create(NAME, source)
    (folder / PARTS[2]).unlink()
    with pytest.raises(InvalidRequestError, match=r"parts 2, 3 of 3 are missing"):
        registry.create(NAME, folder)


def test_a_part_twice(registry, folder):
    (folder / PARTS[1]).write_bytes((folder / PARTS[2]).read_bytes())
    with pytest.raises(InvalidRequestError, match=r"00002-of.*split.no must be 1.*: 2"):
        registry.create(NAME, folder)
    shutil.copy(folder / PARTS[2], folder / "b-00002-of-00003.gguf")
    with pytest.raises(InvalidRequestError, match="named alike"):
        registry.create(NAME, folder)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"split.no": (U32, 1)}, "split.no must be an unsigned 16-bit"),
        ({"split.no": None}, "split.no must be 1"),
        ({"split.count": (U16, 3)}, "split.count must be 2, as in the first part: 3"),
        ({"split.tensors.count": (I32, 5)}, "split.tensors.count must be 4, as in the first"),
    ],
)
def test_parts_that_contradict_each_other(tmp_path, change, reason):
    def write(name, keys, tensors):
        path = tmp_path / name
        path.write_bytes(made.gguf(keys, tensors))
        return path

    def split(number):
        keys = {
            "split.no": (U16, number),
            "split.count": (U16, 2),
            "split.tensors.count": (I32, 4),
        }
        return keys | (change if number else {})

    first = write("1", made.model(**split(0)), made.TENSORS)
    keys = [made.key(name, *value) for name, value in split(1).items() if value]
    second = write("2", keys, [made.tensor("c", [8, 3], 0), made.tensor("d", [5], 96)])
    with pytest.raises(InvalidRequestError, match=reason):
        read_header(first, {"two": second})


def test_the_first_part_may_have_no_tensors(tmp_path):
    place = {"split.count": (U16, 2), "split.tensors.count": (I32, 2)}
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_bytes(made.gguf(made.model(**place, **{"split.no": (U16, 0)}), [], content=0))
    keys = [made.key(name, *value) for name, value in (place | {"split.no": (U16, 1)}).items()]
    second.write_bytes(made.gguf(keys))
    assert read_header(first).parts == 2
    assert read_header(first, {"two": second}).parameters == 29


def test_an_upload_of_all_parts(registry, uploads, folder):
    uploads.begin(NAME)

    def put(names):
        contents = {name: (folder / name).read_bytes() for name in names}
        tokens = uploads.expect(NAME, {name: len(raw) for name, raw in contents.items()})
        for name, raw in contents.items():
            with uploads.writer(tokens[name]) as writer:
                writer.write(raw)
                writer.finish()

    put(PARTS[:2])
    with pytest.raises(FailedPreconditionError, match="part 3 of 3 is missing"):
        uploads.validate(NAME)
    put(PARTS[2:])
    model = uploads.validate(NAME)
    assert model.weights == registry.create(OTHER, folder).weights
    assert list(registry.verify()) == []


def test_damage_is_found(registry, folder):
    model = registry.create(NAME, folder)
    link = model.weights.with_name(PartName("weights", 2, 3).all[1])
    link.unlink()
    with pytest.raises(UnavailableError, match="its weights are missing"):
        registry.resolve(NAME)
    [fault] = registry.verify()
    assert "not linked" in fault.reason
    registry.create(OTHER, folder)
    assert registry.resolve(NAME) == model
    link.resolve().unlink()
    assert [fault.path for fault in registry.verify()] == [PARTS[1]] * 2
    with pytest.raises(UnavailableError, match="its weights are missing"):
        registry.resolve(NAME)


def test_a_guest_lists_all_parts(folder):
    assert [file.path for file in guest_model(folder / PARTS[0], None).files] == PARTS
