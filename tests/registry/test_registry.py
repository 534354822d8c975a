import hashlib
import os
import stat
import threading

import pytest
from sqlalchemy import insert, update

from hanabi.database.connection import open_database
from hanabi.database.tables import model_files, models
from hanabi.errors import (
    ConflictError,
    InvalidRequestError,
    ModelNotFoundError,
    NotFoundError,
    UnavailableError,
)
from hanabi.generation.defaults import ModelDefaults
from hanabi.registry.manifest import ConversationConfig, Manifest
from hanabi.registry.model import Details
from hanabi.registry.names import ModelName
from hanabi.registry.registry import Alias, Registry

NAME = ModelName("fireworks", "tiny")
OTHER = ModelName("fireworks", "other")
CHAT = Manifest(base_model="a/b", conversation_config=ConversationConfig(style="chatml"))


def blobs(home):
    return sorted(path.name for path in (home / "blobs" / "sha256").iterdir())


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def database(home, new_url):
    engine = open_database(home, new_url())
    yield engine
    engine.dispose()


@pytest.fixture
def folder(tmp_path, weights):
    made = tmp_path / "model"
    made.mkdir()
    (made / "tiny.gguf").write_bytes(weights.read_bytes())
    return made


def test_a_model_comes_back_as_it_was_made(registry, home, database, weights):
    details = Details(display_name="Tiny", description="one\ntwo", public=True)
    made = registry.create(NAME, weights, CHAT, details)
    found = Registry(home, database).get(NAME)
    assert found == made == registry.resolve(NAME)
    assert (found.name, found.state, found.created) == (NAME, "READY", 1700000000)
    assert (found.manifest, found.details) == (CHAT, details)
    assert found.supports_chat
    assert found.context_length == 512
    assert found.weights.read_bytes() == weights.read_bytes()
    [file] = found.files
    assert (file.path, file.size) == ("tiny.gguf", weights.stat().st_size)
    assert file.digest == sha256(weights) == found.weights.name


def test_the_layout_on_disk(registry, home, weights):
    registry.create(NAME, weights, CHAT)
    files = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    assert {name for name in files if not name.startswith("hanabi.db")} == {
        f"blobs/sha256/{sha256(weights)}",
        "database-id",
    }
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_folder_with_its_fireworks_json(registry, folder):
    raw = b'{"base_model": "a/b", "conversation_config": {"style": "chatml"}}'
    (folder / "fireworks.json").write_bytes(raw)
    (folder / "README.md").write_text("read me")
    made = registry.create(NAME, folder)
    assert made.manifest == CHAT
    assert [file.path for file in made.files] == ["README.md", "fireworks.json", "tiny.gguf"]
    assert [file.size for file in made.files[:2]] == [7, len(raw)]


def test_a_manifest_in_two_places(registry, folder):
    (folder / "fireworks.json").write_text('{"base_model": "a/b"}')
    with pytest.raises(InvalidRequestError, match="base_model is in the model's"):
        registry.create(NAME, folder, Manifest(base_model="c/d"))
    config = ConversationConfig(style="chatml")
    assert registry.create(NAME, folder, Manifest(conversation_config=config)).manifest == CHAT


def test_a_taken_name_is_a_conflict_and_changes_nothing(registry, home, weights, other_weights):
    first = registry.create(NAME, weights, CHAT)
    with pytest.raises(ConflictError, match="exists already"):
        registry.create(NAME, other_weights)
    assert registry.get(NAME) == first
    assert blobs(home) == [sha256(weights)]


def test_who_comes_second_in_a_race_gets_the_conflict(registry, home, weights, other_weights):
    left = [OTHER, NAME]

    def meanwhile(_done, _total):
        if left:
            registry.create(left.pop(), other_weights)

    with pytest.raises(ConflictError):
        registry.create(NAME, weights, CHAT, progress=meanwhile)
    assert registry.get(NAME).weights.read_bytes() == other_weights.read_bytes()
    assert list((home / "incoming").iterdir()) == []
    assert blobs(home) == [sha256(other_weights)]


def test_models_of_the_same_weights_share_them(registry, home, weights):
    registry.create(OTHER, weights)
    registry.create(NAME, weights, CHAT)
    assert registry.get(NAME).weights == registry.get(OTHER).weights
    assert [model.name for model in registry.list()] == [OTHER, NAME]
    registry.delete(NAME)
    assert registry.resolve(OTHER).weights.read_bytes() == weights.read_bytes()
    registry.delete(OTHER)
    assert blobs(home) == []
    assert registry.list() == ()


def test_an_unknown_model(registry):
    for call in (registry.get, registry.resolve, registry.delete):
        with pytest.raises(ModelNotFoundError):
            call(NAME)
    assert not registry.has(NAME)


def test_a_list_for_an_account(registry, weights):
    theirs = ModelName("ann", "secret")
    shown = ModelName("ann", "shown")
    registry.create(NAME, weights)
    registry.create(theirs, weights)
    registry.create(shown, weights, details=Details(public=True))
    assert [model.name for model in registry.list("fireworks")] == [shown, NAME]
    assert [model.name for model in registry.list("ann")] == [theirs, shown]
    assert [model.name for model in registry.list()] == [theirs, shown, NAME]


def test_a_symbolic_link_to_a_file_is_followed(registry, weights, tmp_path):
    link = tmp_path / "link.gguf"
    link.symlink_to(weights)
    model = registry.create(NAME, link)
    assert not model.weights.is_symlink()
    assert [file.path for file in model.files] == ["link.gguf"]


def test_a_bad_manifest_is_refused_before_anything_is_read(registry, tmp_path):
    bad = Manifest(defaults=ModelDefaults(temperature=3))
    with pytest.raises(InvalidRequestError, match=r"defaults\.temperature"):
        registry.create(NAME, tmp_path / "no", bad)


def test_bad_weights_leave_nothing(registry, home, tmp_path):
    (tmp_path / "bad.gguf").write_bytes(b"GGUF\3\0\0\0")
    with pytest.raises(InvalidRequestError, match="it ends within the number of tensors"):
        registry.create(NAME, tmp_path / "bad.gguf")
    assert (registry.list(), blobs(home)) == ((), [])


def test_opening_does_not_disturb_a_creation_under_way(registry, home, database, weights):
    seen = []

    def meanwhile(_done, _total):
        Registry(home, database)
        seen.append(len(list((home / "incoming").iterdir())))

    made = registry.create(NAME, weights, progress=meanwhile)
    assert made.weights.read_bytes() == weights.read_bytes()
    assert seen == [1]


def test_what_is_deleted_during_a_creation_goes_after_it(registry, home, weights, other_weights):
    registry.create(OTHER, other_weights)
    registry.create(
        NAME, weights, progress=lambda *_: registry.has(OTHER) and registry.delete(OTHER)
    )
    assert blobs(home) == [sha256(weights)]


def test_creations_at_once(registry, weights):
    names = [ModelName("fireworks", f"m{i}") for i in range(4)]
    threads = [threading.Thread(target=registry.create, args=(name, weights)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [model.name for model in registry.list()] == names


def test_progress_is_told_over_all_files(registry, folder):
    (folder / "README.md").write_text("read me")
    total = sum(path.stat().st_size for path in folder.iterdir())
    told = []
    registry.create(NAME, folder, progress=lambda *step: told.append(step))
    assert told == [(7, total), (total, total)]


def test_an_alias_leads_to_its_model(registry, weights):
    alias = ModelName("fireworks", "llama-v2-7b-chat")
    made = registry.create(NAME, weights)
    registry.add_alias(alias, NAME)
    assert registry.resolve(alias) == made
    assert registry.has(alias)
    assert registry.aliases() == (Alias(alias, NAME),)
    with pytest.raises(ModelNotFoundError):
        registry.get(alias)
    registry.remove_alias(alias)
    with pytest.raises(ModelNotFoundError):
        registry.resolve(alias)
    assert registry.get(NAME) == made


def test_the_rules_of_aliases(registry, weights, uploads):
    alias, second = ModelName("a", "b"), ModelName("c", "d")
    registry.create(NAME, weights)
    with pytest.raises(ModelNotFoundError):
        registry.add_alias(alias, OTHER)
    registry.add_alias(alias, NAME)
    with pytest.raises(InvalidRequestError, match="is an alias itself"):
        registry.add_alias(second, alias)
    for taken in (alias, NAME):
        with pytest.raises(ConflictError):
            registry.add_alias(taken, NAME)
    with pytest.raises(ConflictError, match="is an alias"):
        registry.create(alias, weights)
    with pytest.raises(ConflictError, match="is an alias"):
        uploads.begin(alias)
    with pytest.raises(NotFoundError, match="is no alias"):
        registry.remove_alias(second)
    with pytest.raises(ConflictError, match="accounts/a/models/b"):
        registry.delete(NAME)
    registry.remove_alias(alias)
    registry.delete(NAME)


def test_an_upload_is_not_resolved(registry, uploads):
    begun = uploads.begin(NAME, CHAT)
    assert registry.get(NAME) == begun
    assert registry.list() == (begun,)
    registry.add_alias(OTHER, NAME)
    for name in (NAME, OTHER):
        with pytest.raises(ModelNotFoundError):
            registry.resolve(name)


@pytest.mark.parametrize(
    "damage",
    [
        {"manifest": "{"},
        {"manifest": '{"no": 1}'},
        {"state": "LOST"},
        {"model": "UPPER"},
        {"display_name": "x" * 1000},
    ],
)
def test_a_damaged_record(registry, database, weights, caplog, damage):
    registry.create(OTHER, weights)
    registry.create(NAME, weights)
    with database.begin() as connection:
        connection.execute(update(models).where(models.c.model == "tiny").values(damage))
    assert [model.name for model in registry.list()] == [OTHER]
    assert "is damaged" in caplog.text
    if "model" not in damage:
        with pytest.raises(UnavailableError, match="hanabi models verify"):
            registry.get(NAME)
        registry.delete(NAME)


def test_a_ready_record_without_weights(registry, database):
    row = {
        "id": "1",
        "account": NAME.account,
        "model": NAME.model,
        "state": "READY",
        "created": 1,
        "display_name": "",
        "description": "",
        "public": False,
        "manifest": "{}",
    }
    with database.begin() as connection:
        connection.execute(insert(models).values(row))
    with pytest.raises(UnavailableError, match="names no weights"):
        registry.resolve(NAME)
    [fault] = registry.verify()
    assert (fault.name, fault.path) == (str(NAME), None)


def test_weights_that_went_away(registry, weights):
    registry.create(NAME, weights).weights.unlink()
    with pytest.raises(UnavailableError, match="its weights are missing"):
        registry.resolve(NAME)


def test_verify_finds_what_has_changed(registry, folder, other_weights, database):
    (folder / "README.md").write_text("read me")
    registry.create(NAME, folder)
    registry.create(OTHER, other_weights)
    progress = []
    assert list(registry.verify(lambda *step: progress.append(step))) == []
    assert progress == sorted(progress)
    assert progress[-1][0] == progress[-1][1]

    readme, gguf = registry.get(NAME).files
    blob = registry._blobs.path(readme.digest)
    blob.unlink()
    blob.write_text("read ME")
    weights = registry.get(NAME).weights
    whole = weights.read_bytes()
    weights.unlink()
    weights.write_bytes(whole[:-1])
    registry.get(OTHER).weights.unlink()
    faults = list(registry.verify())
    assert [(fault.name, fault.path) for fault in faults] == [
        (str(OTHER), "other.gguf"),
        (str(NAME), "README.md"),
        (str(NAME), "tiny.gguf"),
    ]
    assert faults[0].reason == "is missing"
    assert faults[1].reason.endswith(f"instead of {readme.digest}")
    assert faults[2].reason == f"has {gguf.size - 1} bytes instead of {gguf.size}"


def test_verify_reads_the_header_again(registry, database, weights, home):
    made = registry.create(NAME, weights)
    made.weights.unlink()
    content = b"GGUF?"
    digest = hashlib.sha256(content).hexdigest()
    registry._blobs.path(digest).write_bytes(content)
    with database.begin() as connection:
        connection.execute(update(model_files).values(digest=digest, size=len(content)))
    [fault] = registry.verify()
    assert "cannot be used" in fault.reason


def test_only_regular_files_are_taken(registry, tmp_path, weights):
    os.mkfifo(tmp_path / "pipe")
    for path, rule in [
        ("pipe", "regular file or a folder"),
        ("no", "no such"),
        ("a\0b", "no such"),
    ]:
        with pytest.raises(InvalidRequestError, match=rule):
            registry.create(NAME, tmp_path / path)
