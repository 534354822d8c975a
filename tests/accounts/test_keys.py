import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from hanabi.accounts.account import Account
from hanabi.accounts.keys import REFRESH_SECONDS, Keys
from hanabi.database.connection import open_database
from hanabi.database.tables import api_keys


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = open_database(tmp_path_factory.mktemp("home"))
    yield engine
    engine.dispose()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys(engine, clock):
    with engine.begin() as connection:
        connection.execute(api_keys.delete())
    return Keys(engine, clock=clock, now=lambda: 1700000000.5)


def rows(engine):
    with engine.connect() as connection:
        return connection.execute(select(api_keys)).all()


def test_a_new_key_is_good_at_once(keys):
    created = keys.create("fireworks", "test", admin=True)
    assert keys.authenticate(created.text) == Account("fireworks", created.id, admin=True)
    other = keys.create("me", "test")
    assert keys.authenticate(other.text) == Account("me", other.id, admin=False)
    assert keys.count() == 2


def test_the_text_of_a_key(keys):
    made = [keys.create("me", "test").text for _ in range(20)]
    assert len(set(made)) == 20
    for text in made:
        assert re.fullmatch(r"hk_[A-Za-z0-9_-]{43}", text)


def test_only_a_hash_and_a_prefix_are_kept(keys, engine):
    created = keys.create("me", "laptop")
    (row,) = rows(engine)
    assert row.digest == hashlib.sha256(created.text.encode()).digest()
    assert row.prefix == created.prefix == created.text[:11]
    assert (row.id, row.account, row.name, row.admin) == (created.id, "me", "laptop", False)
    assert (row.created, row.revoked) == (1700000000, None)
    kept = b"".join(str(value).encode() for value in row)
    assert created.text[11:].encode() not in kept


@given(st.text() | st.sampled_from(["", "hk_", "hk_' OR 1=1 --", "\ud800", "hk_" + "x" * 43]))
def test_no_other_text_is_a_key(engine, text):
    assert Keys(engine).authenticate(text) is None


def test_a_key_is_good_only_whole(keys):
    text = keys.create("me", "test").text
    for wrong in (text[:-1], text + "x", text[:11], text.upper(), " " + text, text[:-1] + "~"):
        assert keys.authenticate(wrong) is None


def test_hashes_are_compared_in_constant_time(keys, monkeypatch):
    text = keys.create("me", "test").text
    compared = []
    real = hmac.compare_digest

    def spy(left, right):
        compared.append((left, right))
        return real(left, right)

    monkeypatch.setattr(hmac, "compare_digest", spy)
    keys.authenticate(text)
    digest = hashlib.sha256(text.encode()).digest()
    assert compared == [(digest, digest)]


def test_a_key_made_elsewhere_is_good_after_the_refresh(engine, keys, clock):
    text = Keys(engine).create("me", "test").text
    clock.seconds = REFRESH_SECONDS - 0.01
    assert keys.authenticate(text) is None
    clock.seconds = REFRESH_SECONDS
    assert keys.authenticate(text) is not None


def test_a_key_revoked_elsewhere_is_bad_after_the_refresh(engine, keys, clock):
    text = keys.create("me", "test").text
    other = keys.create("me", "test").text
    with engine.begin() as connection:
        revoked = update(api_keys).values(revoked=1).where(api_keys.c.prefix == text[:11])
        connection.execute(revoked)
    clock.seconds = REFRESH_SECONDS
    assert keys.authenticate(text) is None
    assert keys.authenticate(other) is not None
    assert REFRESH_SECONDS < 1


def test_the_database_is_not_asked_between_refreshes(engine, keys, clock, monkeypatch):
    text = keys.create("me", "test").text

    def asked():
        raise AssertionError("the database was asked")

    monkeypatch.setattr(keys._engine, "connect", asked)
    assert keys.authenticate(text) is not None
    assert keys.authenticate("hk_wrong") is None
    clock.seconds = REFRESH_SECONDS
    with pytest.raises(AssertionError, match="asked"):
        keys.authenticate(text)
