"""A SIGKILL before any step that touches the disk or the database: the old state or the new one."""

import contextlib
import fcntl
import os
import shutil
import signal
import tempfile

import pytest
import sqlalchemy.dialects.sqlite.pysqlite as dialect

from hanabi.errors import ConflictError, ModelNotFoundError
from hanabi.registry import weights as weights_module
from hanabi.registry.names import ModelName
from hanabi.registry.registry import Registry
from hanabi.registry.upload import Uploads

NAME = ModelName("fireworks", "tiny")
FILES = {"README.md": b"read me"}


class Death:
    """Kills its process before the given one of the steps that it counts."""

    def __init__(self, step):
        self._left = step

    def before(self, function):
        def counted(*arguments, **options):
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1
            return function(*arguments, **options)

        return counted


def die_at(step, work, *, copies):
    """Do the work in a child process that is killed before a step; tell whether it got through."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status) == 0
    try:
        death = Death(step)
        for module, name in [
            (os, "open"),
            (os, "fsync"),
            (os, "mkdir"),
            (os, "rename"),
            (os, "link"),
            (os, "unlink"),
            (os, "rmdir"),
            (shutil, "rmtree"),
            (tempfile, "mkdtemp"),
            (fcntl, "flock"),
            (weights_module, "_hash"),
            (dialect.SQLiteDialect_pysqlite, "do_execute"),
            (dialect.SQLiteDialect_pysqlite, "do_commit"),
            (dialect.SQLiteDialect_pysqlite, "do_close"),
        ]:
            setattr(module, name, death.before(getattr(module, name)))
        if copies:
            weights_module._reflink = weights_module._hard_link = lambda *_: False
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - nothing of the child may reach pytest
        os._exit(1)


def kill_everywhere(database, work, check, *, copies=False):
    """Kill the work before each of its steps in turn, and return what `check` found each time."""
    step, alive, outcomes = 0, False, []
    while not alive:
        database.dispose()  # a connection of SQLite must not go over a fork
        alive = die_at(step, work, copies=copies)
        outcomes.append(check())
        step += 1
        assert step < 500
    return outcomes


@pytest.fixture
def folder(tmp_path, weights):
    made = tmp_path / "model"
    made.mkdir()
    (made / "tiny.gguf").write_bytes(weights.read_bytes())
    for path, content in FILES.items():
        (made / path).write_bytes(content)
    return made


def on_disk(home):
    """How many files there are, which no row may lack or leave over."""
    return {
        folder: sum(path.is_file() for path in (home / folder).rglob("*"))
        for folder in ("blobs", "incoming", "uploads")
    }


@pytest.fixture
def reopened(home, database, folder):
    """Opens the registry after a kill: tells whether the model is there, whole, or not at all."""

    def check():
        registry = Registry(home, database)
        assert list((home / "incoming").iterdir()) == []
        try:
            found = registry.get(NAME)
        except ModelNotFoundError:
            assert on_disk(home) == {"blobs": 0, "incoming": 0, "uploads": 0}
            return False
        assert found.state == "READY"
        assert list(registry.verify()) == []
        assert {file.path for file in found.files} == {path.name for path in folder.iterdir()}
        assert registry.resolve(NAME) == found
        assert on_disk(home) == {"blobs": 2, "incoming": 0, "uploads": 0}
        return True

    return check


@pytest.mark.parametrize("copies", [False, True])
def test_a_killed_creation(  # noqa: PLR0917 - fixtures
    home, database, registry, folder, reopened, copies
):
    def work():
        Registry(home, database).create(NAME, folder)

    def check():
        created = reopened()
        if not created:
            registry.create(NAME, folder)
        registry.delete(NAME)
        return created

    outcomes = kill_everywhere(database, work, check, copies=copies)
    assert outcomes == sorted(outcomes)  # once the new is there, it stays
    assert outcomes.count(False) >= 20
    assert outcomes.count(True) >= 5


def test_a_killed_deletion(home, database, registry, folder, reopened):
    def work():
        Registry(home, database).delete(NAME)

    def check():
        there = reopened()
        if not there:
            registry.create(NAME, folder)
        return there

    registry.create(NAME, folder)
    outcomes = kill_everywhere(database, work, check)
    assert outcomes == sorted(outcomes, reverse=True)
    assert outcomes.count(True) >= 10
    assert outcomes.count(False) >= 5


def upload(uploads, folder):
    """Upload as a client does that begins, or goes on where it was cut off."""
    with contextlib.suppress(ConflictError):
        uploads.begin(NAME)
    contents = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    tokens = uploads.expect(NAME, {path: len(raw) for path, raw in contents.items()})
    for path, raw in contents.items():
        received, total = uploads.offset(tokens[path])
        while received < total:
            with uploads.writer(tokens[path], received) as writer:
                writer.write(raw[received : received + 100_000])
                received = writer.finish()
    uploads.validate(NAME)


def test_a_killed_upload(  # noqa: PLR0917 - fixtures
    home, database, registry, uploads, folder, reopened
):
    def work():
        upload(Uploads(home, database), folder)

    def check():
        states = [model.state for model in Registry(home, database).list()]
        if states == ["UPLOADING"]:
            received = sum(path.stat().st_size for path in (home / "uploads").rglob("*.gguf"))
            states.append(received)
        if states != ["READY"]:
            upload(uploads, folder)
        assert reopened()
        registry.delete(NAME)
        return states

    outcomes = kill_everywhere(database, work, check)
    kinds = [states[:1] for states in outcomes]
    order = [[], ["UPLOADING"], ["READY"]]
    assert kinds == sorted(kinds, key=order.index)
    assert all(kinds.count(kind) >= 3 for kind in order)
    assert kinds.count(["UPLOADING"]) >= 20
    # What had arrived stays; a file that a validation has moved to the blobs has arrived as well.
    size = (folder / "tiny.gguf").stat().st_size
    assert {states[1] for states in outcomes if len(states) > 1} == {0, 100_000, size}
