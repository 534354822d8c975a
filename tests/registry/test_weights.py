import errno
import fcntl
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.registry import weights as weights_module
from hanabi.registry.weights import bring_in, no_progress

CONTENT = b"GGUF" + bytes(range(256)) * 8192  # two blocks and a bit


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.gguf"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def no_reflink(monkeypatch):
    def refuse(*_):
        raise OSError(errno.EOPNOTSUPP, "no reflink here")

    monkeypatch.setattr(fcntl, "ioctl", refuse)


@pytest.fixture
def no_link(monkeypatch):
    def refuse(*_):
        raise OSError(errno.EXDEV, "another file system")

    monkeypatch.setattr(weights_module.Path, "hardlink_to", refuse)


def check(brought, target):
    assert target.read_bytes() == CONTENT
    assert brought.size == len(CONTENT)
    assert brought.digest == hashlib.sha256(CONTENT).hexdigest()


def test_whatever_the_file_system_can_do(source, tmp_path):
    check(bring_in(source, tmp_path / "target", no_progress), tmp_path / "target")


def test_a_hard_link_where_there_is_no_reflink(source, tmp_path, no_reflink):
    check(bring_in(source, tmp_path / "target", no_progress), tmp_path / "target")
    assert (tmp_path / "target").samefile(source)


def test_a_copy_where_there_is_neither(source, tmp_path, no_reflink, no_link):
    check(bring_in(source, tmp_path / "target", no_progress), tmp_path / "target")
    assert not (tmp_path / "target").samefile(source)


def test_a_reflink_is_asked_for_first(source, tmp_path, monkeypatch, no_link):
    def clone(target, request, original):
        assert request == 0x40049409
        with open(original, "rb", closefd=False) as read:
            content = read.read()
        with open(target, "wb", closefd=False) as written:
            written.write(content)

    monkeypatch.setattr(fcntl, "ioctl", clone)
    check(bring_in(source, tmp_path / "target", no_progress), tmp_path / "target")


@pytest.mark.parametrize("links", [True, False])
def test_progress_is_told(source, tmp_path, monkeypatch, links, no_reflink):
    if not links:
        monkeypatch.setattr(weights_module, "_hard_link", lambda *_: False)
    told = []
    bring_in(source, tmp_path / "target", lambda done, total: told.append((done, total)))
    done, totals = zip(*told, strict=True)
    assert set(totals) == {len(CONTENT)}
    assert list(done) == sorted(set(done))
    assert len(done) == 3
    assert done[-1] == len(CONTENT)


@given(st.binary(max_size=40), st.integers(1, 9))
def test_the_digest_is_that_of_the_bytes(tmp_path_factory, content, block):
    folder = tmp_path_factory.mktemp("weights")
    (folder / "source").write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights_module, "_BLOCK", block)
        patch.setattr(weights_module, "_reflink", lambda *_: False)
        patch.setattr(weights_module, "_hard_link", lambda *_: False)
        brought = bring_in(folder / "source", folder / "target", no_progress)
    assert (folder / "target").read_bytes() == content
    assert (brought.digest, brought.size) == (hashlib.sha256(content).hexdigest(), len(content))
