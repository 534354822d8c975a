import fcntl
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hanabi.errors import ConflictError, InvalidRequestError, ModelNotFoundError
from hanabi.generation.defaults import ModelDefaults
from hanabi.registry.manifest import ConversationConfig, Manifest
from hanabi.registry.names import ModelName
from hanabi.registry.store import Store

NAME = ModelName("fireworks", "tiny")
CHAT = Manifest(base_model="a/b", conversation_config=ConversationConfig(style="chatml"))
CONTENT = b"GGUF, say"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def home(tmp_path):
    return tmp_path / "deep" / "home"


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "tiny.gguf"
    path.write_bytes(CONTENT)
    return path


def blobs(home):
    return sorted(path.name for path in (home / "blobs" / "sha256").iterdir())


def test_a_model_comes_back_as_it_was_made(home, weights):
    added = Store(home, now=lambda: 1700000000.9).add(NAME, weights, CHAT, context_length=2048)
    found = Store(home).get(NAME)
    assert found == added
    assert found.name == NAME
    assert found.manifest == CHAT
    assert found.weights.read_bytes() == CONTENT
    assert found.record.created == 1700000000
    assert (found.record.digest, found.record.size) == (DIGEST, len(CONTENT))
    assert found.record.context_length == 2048
    assert weights.read_bytes() == CONTENT


def test_the_layout_on_disk(home, weights):
    Store(home).add(NAME, weights, CHAT)
    files = sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())
    assert files == [
        f"blobs/sha256/{DIGEST}",
        "models/fireworks/tiny/fireworks.json",
        "models/fireworks/tiny/record.json",
    ]
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_taken_name_is_a_conflict_and_changes_nothing(home, weights, tmp_path):
    store = Store(home)
    first = store.add(NAME, weights, CHAT)
    other = tmp_path / "other.gguf"
    other.write_bytes(b"other")
    with pytest.raises(ConflictError, match="exists already"):
        store.add(NAME, other, Manifest())
    assert store.get(NAME) == first
    assert blobs(home) == [DIGEST]


def test_who_comes_second_in_a_race_gets_the_conflict(home, weights, tmp_path):
    store = Store(home)
    other = tmp_path / "other.gguf"
    other.write_bytes(b"other")

    def meanwhile(_done, _total):
        store.add(NAME, other, Manifest())

    with pytest.raises(ConflictError):
        store.add(NAME, weights, CHAT, progress=meanwhile)
    assert store.get(NAME).weights.read_bytes() == b"other"
    assert list((home / "incoming").iterdir()) == []
    assert len(blobs(home)) == 2
    assert Store(home).get(NAME).weights.read_bytes() == b"other"
    assert len(blobs(home)) == 1


def test_models_of_the_same_weights_share_them(home, weights):
    store = Store(home)
    other = ModelName("fireworks", "tiny-completions")
    assert store.add(NAME, weights, CHAT).weights == store.add(other, weights, Manifest()).weights
    assert [model.name for model in store.list()] == [NAME, other]
    assert blobs(home) == [DIGEST]


def test_an_unknown_model(home):
    store = Store(home)
    assert store.list() == ()
    with pytest.raises(ModelNotFoundError):
        store.get(NAME)


def test_a_symbolic_link_is_followed(home, weights, tmp_path):
    link = tmp_path / "link.gguf"
    link.symlink_to(weights)
    model = Store(home).add(NAME, link, CHAT)
    assert not model.weights.is_symlink()
    assert model.weights.read_bytes() == CONTENT


def test_only_a_regular_file_is_taken(home, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, rule_ in [(tmp_path, "regular"), (pipe, "regular"), (tmp_path / "no", "no such")]:
        with pytest.raises(InvalidRequestError, match=rule_):
            Store(home).add(NAME, path, CHAT)
    assert Store(home).list() == ()


def test_a_bad_manifest_is_refused_before_anything_is_read(home, weights):
    bad = Manifest(defaults=ModelDefaults(temperature=3))
    with pytest.raises(InvalidRequestError, match=r"defaults\.temperature"):
        Store(home).add(NAME, weights, bad)
    assert blobs(home) == []


def test_opening_does_not_disturb_a_creation_under_way(home, weights):
    store = Store(home)
    seen = []

    def meanwhile(_done, _total):
        Store(home)
        seen.append(len(list((home / "incoming").iterdir())))

    assert store.add(NAME, weights, CHAT, progress=meanwhile).weights.read_bytes() == CONTENT
    assert seen == [1]


def test_two_creations_at_once(home, weights):
    store = Store(home)
    names = [ModelName("fireworks", f"m{i}") for i in range(4)]
    threads = [threading.Thread(target=store.add, args=(name, weights, CHAT)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [model.name for model in store.list()] == names


def add_and_die(home, weights, line: int, *, copies: bool) -> bool:
    """In a child process, add a model and die before the given executed line of the store.

    Tells whether the child got to the end alive.
    """
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status) == 0
    left = line

    def trace(frame, event, _argument):
        nonlocal left
        if not frame.f_code.co_filename.endswith(("registry/store.py", "registry/weights.py")):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os._exit(9)
        return trace

    try:
        if copies:
            fcntl.ioctl = os.link = _refuse  # the child's own copy of the module
        store = Store(home)
        sys.settrace(trace)
        store.add(NAME, weights, CHAT)
        os._exit(0)
    except BaseException:  # noqa: BLE001 - nothing of the child may reach pytest
        os._exit(1)


def _refuse(*_, **__):
    raise OSError


@pytest.mark.parametrize("copies", [False, True])
def test_a_kill_before_any_line_leaves_the_old_or_the_new(tmp_path, weights, copies):
    line, alive, outcomes = 0, False, []
    while not alive:
        line += 1
        home = tmp_path / str(line)
        alive = add_and_die(home, weights, line, copies=copies)
        store = Store(home)
        assert list((home / "incoming").iterdir()) == []
        published = len(store.list()) == 1
        outcomes.append(published)
        if published:
            assert store.get(NAME).weights.read_bytes() == CONTENT
            assert store.get(NAME).manifest == CHAT
        else:
            assert blobs(home) == []
            assert store.add(NAME, weights, CHAT).weights.read_bytes() == CONTENT
    assert outcomes == sorted(outcomes)  # once the new is there, it stays
    assert outcomes.count(False) > 30
    assert outcomes.count(True) > 3


class StoreMachine(RuleBasedStateMachine):
    """The store against a dict, reopened at any time."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store(self.folder / "home")
        self.expected = {}

    @rule(
        name=st.builds(ModelName, st.sampled_from("ab"), st.sampled_from("mn")),
        content=st.sampled_from([b"", b"one", b"two"]),
        system=st.none() | st.text(max_size=5),
    )
    def add(self, name, content, system):
        manifest = Manifest(base_model=system)
        weights = self.folder / "weights"
        weights.unlink(missing_ok=True)
        weights.write_bytes(content)
        if name in self.expected:
            with pytest.raises(ConflictError):
                self.store.add(name, weights, manifest)
        else:
            self.store.add(name, weights, manifest)
            self.expected[name] = (content, manifest)

    @rule()
    def reopen(self):
        self.store = Store(self.folder / "home")

    @invariant()
    def holds_what_was_added(self):
        found = {
            model.name: (model.weights.read_bytes(), model.manifest) for model in self.store.list()
        }
        assert found == self.expected

    def teardown(self):
        shutil.rmtree(self.folder)


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=15, stateful_step_count=10, deadline=None)
