import os
import stat

import pytest

from hanabi.accounts.key_file import ensure_local_key, read_key_file
from hanabi.accounts.keys import Keys
from hanabi.database.connection import open_database


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def keys(home):
    engine = open_database(home)
    yield Keys(engine)
    engine.dispose()


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_start_makes_an_admin_key(keys, home):
    local = ensure_local_key(keys, home)
    assert local.origin == "first"
    account = keys.authenticate(local.text)
    assert (account.account, account.admin) == ("fireworks", True)
    assert (home / "api-key").read_text() == local.text + "\n"
    assert read_key_file(home) == local.text
    assert mode(home / "api-key") == 0o600
    assert mode(home) == 0o700
    assert sorted(path.name for path in home.glob("*api*")) == ["api-key"]


def test_the_mode_does_not_hang_on_the_umask_nor_come_late(keys, home, monkeypatch):
    seen = []
    real = os.open

    def spy(path, flags, mode=0o777, **more):
        descriptor = real(path, flags, mode, **more)
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    monkeypatch.setattr(os, "open", spy)
    before = os.umask(0)
    try:
        ensure_local_key(keys, home)
    finally:
        os.umask(before)
    assert seen == [0o600]


def test_the_next_start_keeps_it(keys, home):
    first = ensure_local_key(keys, home)
    again = ensure_local_key(keys, home)
    assert (again.text, again.origin) == (first.text, "kept")
    assert keys.count() == 1


@pytest.mark.parametrize("content", [None, b"", b"hk_wrong", b"\xff\xfe", b"two\nlines"])
def test_a_lost_or_spoilt_file_is_replaced(keys, home, content):
    first = ensure_local_key(keys, home)
    path = home / "api-key"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    fresh = ensure_local_key(keys, home)
    assert fresh.origin == "replaced"
    assert fresh.text != first.text
    assert keys.authenticate(fresh.text).admin
    assert read_key_file(home) == fresh.text
    assert mode(path) == 0o600


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(keys, home, monkeypatch):
    ensure_local_key(keys, home)
    (home / "api-key").write_text("old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        ensure_local_key(keys, home)
    assert read_key_file(home) == "old"
    assert list(home.glob(".api-key*")) == []


def test_no_file(tmp_path):
    assert read_key_file(tmp_path) is None
