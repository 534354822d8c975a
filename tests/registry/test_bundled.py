import sys

import pytest

from hanabi.errors import ConflictError
from hanabi.registry.bundled import (
    CHAT_NAME,
    COMPLETIONS_NAME,
    find_weights,
    register_bundled,
)
from hanabi.registry.store import Store


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "site" / "hanabi_test_weights"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise AssertionError('imported')\n")
    (folder / "Tiny.Q4_1.gguf").write_bytes(b"GGUF")
    monkeypatch.syspath_prepend(folder.parent)
    return folder


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "home")


def test_finds_the_file_without_importing_the_package(package):
    assert find_weights(package.name) == package / "Tiny.Q4_1.gguf"
    assert package.name not in sys.modules


def test_a_package_that_is_not_there_or_has_no_weights(package):
    (package / "Tiny.Q4_1.gguf").unlink()
    assert find_weights(package.name) is None
    assert find_weights("hanabi_no_such_package") is None


def test_registers_the_same_weights_twice(store, package):
    weights = find_weights(package.name)
    chat, completions = register_bundled(store, weights)
    assert str(chat.name) == "accounts/fireworks/models/smollm2-135m-instruct"
    assert str(completions.name) == "accounts/fireworks/models/smollm2-135m"
    assert chat.manifest.style is not None
    assert chat.manifest.style.name == "chatml"
    assert completions.manifest.style is None
    assert chat.weights == completions.weights
    assert chat.record.context_length == 8192


def test_the_second_start_creates_nothing(store, package):
    weights = find_weights(package.name)
    register_bundled(store, weights)
    assert register_bundled(store, weights) == ()
    assert len(store.list()) == 2


def test_a_start_that_was_cut_off_is_completed(store, package):
    weights = find_weights(package.name)
    register_bundled(store, weights)
    survivor = store.get(COMPLETIONS_NAME)
    for file in store._folder(CHAT_NAME).iterdir():
        file.unlink()
    store._folder(CHAT_NAME).rmdir()
    assert [model.name for model in register_bundled(store, weights)] == [CHAT_NAME]
    assert store.get(COMPLETIONS_NAME) == survivor


def test_another_server_may_be_faster(store, package, monkeypatch):
    def taken(*_, **__):
        raise ConflictError("taken")

    monkeypatch.setattr(store, "add", taken)
    assert register_bundled(store, find_weights(package.name)) == ()


def test_without_weights_nothing_is_registered(store):
    assert register_bundled(store, None) == ()
    assert store.list() == ()
