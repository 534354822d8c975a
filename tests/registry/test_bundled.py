import sys

import pytest

from hanabi.errors import ConflictError
from hanabi.registry.bundled import (
    CHAT_NAME,
    COMPLETIONS_NAME,
    find_weights,
    register_bundled,
)


@pytest.fixture
def package(tmp_path, monkeypatch, weights):
    folder = tmp_path / "site" / "hanabi_test_weights"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise AssertionError('imported')\n")
    (folder / "Tiny.Q4_1.gguf").write_bytes(weights.read_bytes())
    monkeypatch.syspath_prepend(folder.parent)
    return folder


def test_finds_the_file_without_importing_the_package(package):
    assert find_weights(package.name) == package / "Tiny.Q4_1.gguf"
    assert package.name not in sys.modules


def test_a_package_that_is_not_there_or_has_no_weights(package):
    (package / "Tiny.Q4_1.gguf").unlink()
    assert find_weights(package.name) is None
    assert find_weights("hanabi_no_such_package") is None


def test_registers_the_same_weights_twice(registry, package):
    weights = find_weights(package.name)
    chat, completions = register_bundled(registry, weights)
    assert str(chat.name) == "accounts/fireworks/models/smollm2-135m-instruct"
    assert str(completions.name) == "accounts/fireworks/models/smollm2-135m"
    assert chat.manifest.style is not None
    assert chat.manifest.style.name == "chatml"
    assert completions.manifest.style is None
    assert chat.weights == completions.weights
    assert chat.context_length == 512
    assert chat.details.public


def test_the_second_start_creates_and_reads_nothing(registry, package):
    weights = find_weights(package.name)
    register_bundled(registry, weights)
    weights.write_bytes(b"no GGUF")
    assert register_bundled(registry, weights) == ()
    assert len(registry.list()) == 2


def test_a_start_that_was_cut_off_is_completed(registry, package):
    weights = find_weights(package.name)
    register_bundled(registry, weights)
    survivor = registry.get(COMPLETIONS_NAME)
    registry.delete(CHAT_NAME)
    assert [model.name for model in register_bundled(registry, weights)] == [CHAT_NAME]
    assert registry.get(COMPLETIONS_NAME) == survivor


def test_another_server_may_be_faster(registry, package, monkeypatch):
    def taken(*_, **__):
        raise ConflictError("taken")

    monkeypatch.setattr(registry, "create", taken)
    assert register_bundled(registry, find_weights(package.name)) == ()


def test_without_weights_nothing_is_registered(registry):
    assert register_bundled(registry, None) == ()
    assert registry.list() == ()
