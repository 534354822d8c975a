import hashlib
import shutil
import threading
from collections import namedtuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from hanabi.database.tables import model_files
from hanabi.errors import (
    ConflictError,
    FailedPreconditionError,
    InvalidRequestError,
    ModelNotFoundError,
    NotFoundError,
)
from hanabi.registry.manifest import ConversationConfig, Manifest
from hanabi.registry.model import Details
from hanabi.registry.names import ModelName
from hanabi.registry.registry import Registry
from hanabi.registry.upload import MAX_SIZE, Uploads

NAME = ModelName("fireworks", "tiny")
CHAT = Manifest(conversation_config=ConversationConfig(style="chatml"))


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def put(uploads, token, content, offset=0, digest=None):
    with uploads.writer(token, offset) as writer:
        writer.write(content)
        return writer.finish(digest)


@pytest.fixture
def content(weights):
    return weights.read_bytes()


@pytest.fixture
def token(uploads, content):
    """Of the weights of an upload that has begun."""
    uploads.begin(NAME, CHAT)
    return uploads.expect(NAME, {"tiny.gguf": len(content)})["tiny.gguf"]


def test_an_upload_from_end_to_end(registry, uploads, home, content):
    details = Details(display_name="Tiny")
    begun = uploads.begin(NAME, details=details)
    assert (begun.state, begun.weights, begun.files) == ("UPLOADING", None, ())
    manifest = b'{"conversation_config": {"style": "chatml"}}'
    files = {"tiny.gguf": content, "fireworks.json": manifest}
    tokens = uploads.expect(NAME, {path: len(raw) for path, raw in files.items()})
    assert len(set(tokens.values())) == 2
    for path, raw in files.items():
        assert uploads.offset(tokens[path]) == (0, len(raw))
        assert put(uploads, tokens[path], raw, digest=sha256(raw).upper()) == len(raw)
        assert uploads.offset(tokens[path]) == (len(raw), len(raw))
    ready = uploads.validate(NAME)
    assert ready == registry.get(NAME) == registry.resolve(NAME) == uploads.validate(NAME)
    assert (ready.state, ready.manifest, ready.details) == ("READY", CHAT, details)
    assert ready.context_length == 512
    assert ready.weights.read_bytes() == content
    assert {file.path: file.digest for file in ready.files} == {
        path: sha256(raw) for path, raw in files.items()
    }
    assert list((home / "uploads").iterdir()) == []
    assert list(registry.verify()) == []
    with pytest.raises(NotFoundError):
        uploads.offset(tokens["tiny.gguf"])


def test_a_taken_name(registry, uploads, weights):
    registry.create(NAME, weights)
    with pytest.raises(ConflictError, match="exists already"):
        uploads.begin(NAME)
    with pytest.raises(ConflictError, match="is READY"):
        uploads.expect(NAME, {"a.gguf": 1})
    other = ModelName("fireworks", "other")
    uploads.begin(other)
    with pytest.raises(ConflictError, match="exists already"):
        registry.create(other, weights)


def test_an_unknown_model_and_an_unknown_token(uploads):
    for call in (lambda: uploads.expect(NAME, {"a.gguf": 1}), lambda: uploads.validate(NAME)):
        with pytest.raises(ModelNotFoundError):
            call()
    with pytest.raises(NotFoundError):
        uploads.offset("x")
    with pytest.raises(NotFoundError), uploads.writer("x"):
        pass


def test_declaring_again(uploads, token, content):
    sizes = {"tiny.gguf": len(content)}
    assert uploads.expect(NAME, sizes) == {"tiny.gguf": token}
    more = uploads.expect(NAME, {"README.md": 3})
    assert list(more) == ["README.md"]
    with pytest.raises(ConflictError, match="was declared with 3 bytes before, now 4"):
        uploads.expect(NAME, {"README.md": 4})
    with pytest.raises(InvalidRequestError, match=r"has one \.gguf file"):
        uploads.expect(NAME, {"other.gguf": 4})


@pytest.mark.parametrize("size", [0, -1, MAX_SIZE + 1])
def test_a_size_out_of_range(uploads, size):
    uploads.begin(NAME)
    with pytest.raises(InvalidRequestError, match=f"1 to {MAX_SIZE} bytes: {size}"):
        uploads.expect(NAME, {"a.gguf": size})


def test_too_many_files(uploads):
    uploads.begin(NAME)
    with pytest.raises(InvalidRequestError, match="at most 64 files: 65"):
        uploads.expect(NAME, {f"LICENSE.{number}": 1 for number in range(65)})


def test_a_full_disk(uploads, monkeypatch):
    uploads.begin(NAME)
    usage = namedtuple("usage", "free")  # noqa: PYI024 - as shutil gives it
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(9))
    with pytest.raises(FailedPreconditionError, match=r"10 more bytes, .* has 9 free"):
        uploads.expect(NAME, {"a.gguf": 10})
    assert list(uploads.expect(NAME, {"a.gguf": 9})) == ["a.gguf"]


def test_a_cut_and_a_restart(uploads, home, database, token, content):
    half = len(content) // 2

    def cut():
        with uploads.writer(token) as writer:
            writer.write(content[:half])
            raise ConnectionError

    with pytest.raises(ConnectionError):
        cut()
    Registry(home, database)
    again = Uploads(home, database)
    assert again.offset(token) == (half, len(content))
    assert put(again, token, content[half:], half, sha256(content)) == len(content)
    assert again.validate(NAME).weights.read_bytes() == content


def test_pieces(uploads, token, content):
    assert put(uploads, token, content[:10]) == 10
    assert put(uploads, token, content[10:20], 10) == 20
    assert put(uploads, token, content[5:], 5) == len(content)
    assert uploads.validate(NAME).weights.read_bytes() == content


def test_a_gap_is_a_conflict(uploads, token):
    put(uploads, token, b"GGUF")
    for offset in (5, -1):
        with pytest.raises(ConflictError, match="has 4 bytes so far"):
            put(uploads, token, b"x", offset)
    assert uploads.offset(token)[0] == 4


def test_never_more_than_declared(uploads, token, content):
    with uploads.writer(token) as writer:
        writer.write(content)
        with pytest.raises(InvalidRequestError, match=f"declared with {len(content)} bytes"):
            writer.write(b"x")
    assert uploads.offset(token) == (len(content), len(content))
    assert uploads.validate(NAME).weights.read_bytes() == content


def test_a_wrong_digest(uploads, token, content):
    with pytest.raises(InvalidRequestError, match=sha256(content)):
        put(uploads, token, content, digest="0" * 64)
    assert uploads.offset(token)[0] == 0
    put(uploads, token, content)
    assert uploads.validate(NAME).state == "READY"


def test_a_complete_file_may_be_written_anew(uploads, token, content):
    put(uploads, token, b"x" * len(content))
    with pytest.raises(ConflictError, match="is complete"):
        put(uploads, token, b"", len(content))
    with pytest.raises(InvalidRequestError, match="begin with the letters GGUF"):
        uploads.validate(NAME)
    put(uploads, token, content[:9])
    assert uploads.offset(token)[0] == 9
    put(uploads, token, content[9:], 9)
    assert uploads.validate(NAME).state == "READY"


def test_one_writer_at_a_time(uploads, token, content):
    with uploads.writer(token) as writer:
        with pytest.raises(ConflictError, match="in use by another request"):
            put(uploads, token, content)
        writer.write(content)
        with pytest.raises(ConflictError, match="in use by another request"):
            uploads.validate(NAME)
        writer.finish()
    assert uploads.validate(NAME).state == "READY"


def test_what_is_missing_is_told(uploads):
    uploads.begin(NAME)
    with pytest.raises(FailedPreconditionError, match=r"a \.gguf file has to be declared"):
        uploads.validate(NAME)
    tokens = uploads.expect(NAME, {"tiny.gguf": 10, "README.md": 5})
    put(uploads, tokens["README.md"], b"abc")
    with pytest.raises(FailedPreconditionError) as caught:
        uploads.validate(NAME)
    assert "README.md has 3 of 5 bytes; tiny.gguf has 0 of 10 bytes" in caught.value.message


def test_two_conversation_configs(uploads, token, content):
    raw = b'{"conversation_config": {"style": "passthrough"}}'
    second = uploads.expect(NAME, {"fireworks.json": len(raw)})["fireworks.json"]
    put(uploads, token, content)
    put(uploads, second, raw)
    with pytest.raises(InvalidRequestError, match="conversation_config is in the model's"):
        uploads.validate(NAME)


def test_a_deleted_upload(registry, uploads, home, token, content):
    with uploads.writer(token) as writer:
        writer.write(content)
        registry.delete(NAME)
        with pytest.raises(NotFoundError):
            writer.finish()
    assert list((home / "uploads").iterdir()) == []
    uploads.begin(NAME)
    assert uploads.expect(NAME, {"tiny.gguf": len(content)})["tiny.gguf"] != token


def test_changed_while_it_was_validated(uploads, token, content, database, monkeypatch):
    put(uploads, token, content)
    keep = uploads._blobs.keep

    def meanwhile(*arguments):
        keep(*arguments)
        with database.begin() as connection:
            connection.execute(update(model_files).values(digest=None))

    monkeypatch.setattr(uploads._blobs, "keep", meanwhile)
    with pytest.raises(ConflictError, match="changed or deleted"):
        uploads.validate(NAME)
    assert uploads.offset(token)[0] == 0


def test_validated_by_two_at_once(uploads, token, content):
    put(uploads, token, content)
    outcomes = []

    def validate():
        try:
            outcomes.append(uploads.validate(NAME).state)
        except ConflictError:
            outcomes.append("conflict")

    threads = [threading.Thread(target=validate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "READY" in outcomes
    assert uploads.validate(NAME).weights.read_bytes() == content


def test_two_uploads_of_the_same_file(registry, uploads, token, content):
    other = ModelName("fireworks", "other")
    uploads.begin(other)
    second = uploads.expect(other, {"b.gguf": len(content)})["b.gguf"]
    put(uploads, token, content)
    put(uploads, second, content)
    assert uploads.validate(NAME).weights == uploads.validate(other).weights
    registry.delete(NAME)
    assert registry.resolve(other).weights.read_bytes() == content


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40)), max_size=8))
def test_any_cuts_give_the_same_file(uploads, registry, cuts):
    uploads.begin(NAME)
    raw = bytes(range(100))
    token = uploads.expect(NAME, {"a.gguf": len(raw)})["a.gguf"]
    received = 0
    for back, step in cuts:
        received = max(received - back, 0)
        if uploads.offset(token)[0] == len(raw):
            received = 0
        end = min(received + step, len(raw))
        with uploads.writer(token, received) as writer:
            writer.write(raw[received:end])
            writer.finish()
        received = end
        assert uploads.offset(token) == (received, len(raw))
    if received < len(raw):
        put(uploads, token, raw[received:], received)
    [file] = registry.get(NAME).files
    assert file.digest == sha256(raw)
    registry.delete(NAME)
