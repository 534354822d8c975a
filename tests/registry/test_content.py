import io
import os
import pickle
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.errors import InvalidRequestError
from hanabi.registry.content import check_contents, check_paths, merged
from hanabi.registry.manifest import ConversationConfig, Manifest
from hanabi.registry.names import ModelName
from hanabi.registry.source import open_source

from . import gguf_bytes as made

NAME = ModelName("fireworks", "tiny")
GOOD = [
    "tiny.gguf",
    "My Model.Q4_1.gguf",
    "fireworks.json",
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "README.md",
    "LICENSE",
    "LICENSE.txt",
]
BAD = {
    "../tiny.gguf": "plain file name",
    "a/tiny.gguf": "plain file name",
    "/etc/tiny.gguf": "plain file name",
    "..\\tiny.gguf": "plain file name",
    "..": "plain file name",
    ".": "plain file name",
    "": "plain file name",
    "tiny\0.gguf": "control characters",
    "tiny\n.gguf": "control characters",
    "tiny\u202e.gguf": "control characters",
    "tiny\ud800.gguf": "control characters",
    "é" * 101 + ".gguf": "longer than 200 bytes",
    "model.bin": "pickle",
    "model.PT": "pickle",
    "model.pth": "pickle",
    "model.ckpt": "pickle",
    "modeling_llama.py": "is code",
    "model.safetensors": r"convert the weights to \.gguf",
    "vocab.txt": "is none of the files",
    "readme.md": "is none of the files",
    "LICENSEx": "is none of the files",
    ".gguf": "is none of the files",
    "tiny.GGUF": "is none of the files",
}


def pickled():
    return pickle.dumps({"weights": [1.0]})


def torch_file():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("archive/data.pkl", pickled())
    return made.getvalue()


@pytest.fixture
def folder(tmp_path, weights):
    made = tmp_path / "model"
    made.mkdir()
    (made / "tiny.gguf").write_bytes(weights.read_bytes())
    return made


@pytest.mark.parametrize("path", GOOD)
def test_good_names(path):
    check_paths([path])


@pytest.mark.parametrize(("path", "rule"), BAD.items())
def test_bad_names(path, rule):
    with pytest.raises(InvalidRequestError, match=rule):
        check_paths([path])


@given(st.text(max_size=30))
def test_any_name_is_good_or_refused(path):
    try:
        check_paths([path])
    except InvalidRequestError:
        return
    assert os.path.basename(path) == path  # noqa: PTH119 - pathlib would clean it up
    assert path.isprintable()


def test_case_twins():
    check_paths(["LICENSE.txt", "LICENSE.md"])
    with pytest.raises(InvalidRequestError, match=r"'LICENSE.TXT' differs from 'LICENSE.txt'"):
        check_paths(["LICENSE.txt", "LICENSE.TXT"])


def test_one_file_of_weights():
    with pytest.raises(InvalidRequestError, match=r"has one \.gguf file.*: 'a\.gguf', 'b\.gguf'"):
        check_paths(["b.gguf", "a.gguf"])


def test_a_part_by_another_name_is_refused(folder):
    keys = made.model(split__no=(made.U16, 0), split__count=(made.U16, 3))
    (folder / "tiny.gguf").write_bytes(made.gguf(keys))
    with pytest.raises(InvalidRequestError, match=r"is one of 3 parts of a model: give all the"):
        check_contents(open_source(folder))
    check_paths(["b-00001-of-00002.gguf", "b-00002-of-00002.gguf"])


@pytest.mark.parametrize("content", [pickled(), torch_file()])
@pytest.mark.parametrize("name", ["tiny.gguf", "tokenizer.json", "README.md"])
def test_a_pickle_by_another_name(folder, content, name):
    (folder / name).write_bytes(content)
    with pytest.raises(InvalidRequestError, match=f"'{name}' is a pickle or a ZIP"):
        check_contents(open_source(folder))


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "fireworks.json"])
def test_remote_code(folder, name):
    (folder / name).write_text('{"auto_map": {"AutoModel": "modeling.Model"}}')
    with pytest.raises(InvalidRequestError, match=f"'{name}' has auto_map"):
        check_contents(open_source(folder))


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 100_000, b""])
def test_bad_json(folder, content):
    (folder / "config.json").write_bytes(content)
    with pytest.raises(InvalidRequestError, match=r"config\.json"):
        check_contents(open_source(folder))


def test_a_fireworks_json_out_of_bounds(folder):
    (folder / "fireworks.json").write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(InvalidRequestError, match="at most 1048576 bytes: 1048577"):
        check_contents(open_source(folder))
    (folder / "fireworks.json").write_text('{"conversation_config": {"style": "no"}}')
    with pytest.raises(InvalidRequestError, match=r"conversation_config\.style"):
        check_contents(open_source(folder))


def test_a_folder_without_weights(folder):
    (folder / "tiny.gguf").unlink()
    with pytest.raises(InvalidRequestError, match=r"needs a \.gguf file"):
        check_contents(open_source(folder))


def test_links_in_a_folder(folder):
    (folder / "README.md").symlink_to("/etc/passwd")
    with pytest.raises(InvalidRequestError, match=r"'README\.md' must be a regular file"):
        open_source(folder)


def test_folders_in_a_folder(folder):
    (folder / "README.md").mkdir()
    with pytest.raises(InvalidRequestError, match=r"'README\.md' must be a regular file"):
        open_source(folder)


def test_what_is_given_and_what_is_found_complete_each_other():
    config = ConversationConfig(style="chatml")
    given_, found = Manifest(conversation_config=config), Manifest(base_model="a/b")
    both = Manifest(base_model="a/b", conversation_config=config)
    assert merged(given_, found) == merged(found, given_) == merged(both, both) == both
    assert merged(given_, None) == given_
    with pytest.raises(InvalidRequestError, match="conversation_config is in") as caught:
        merged(Manifest(conversation_config=ConversationConfig(style="passthrough")), both)
    assert caught.value.param == "conversation_config"
