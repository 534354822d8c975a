import hashlib
import hmac
import re
import threading

import pytest
from alembic import command
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from hanabi.accounts import keys as keys_module
from hanabi.accounts.account import Account, Limits
from hanabi.accounts.keys import REFRESH_SECONDS, Keys
from hanabi.database.connection import open_database
from hanabi.database.tables import api_keys
from hanabi.errors import InvalidRequestError, NotFoundError

NOW = 1700000000


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture(scope="module")
def engine(tmp_path_factory, new_url):
    engine = open_database(tmp_path_factory.mktemp("home"), new_url())
    yield engine
    engine.dispose()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys(engine, clock):
    with engine.begin() as connection:
        connection.execute(api_keys.delete())
    return Keys(engine, clock=clock, now=lambda: NOW + 0.5 + clock.seconds)


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
    assert (row.created, row.revoked) == (NOW, None)
    kept = b"".join(str(value).encode() for value in row)
    assert created.text[11:].encode() not in kept


SQL = ["hk_' OR 1=1 --", "hk_%", "hk_________", "' OR ''='", "\0", "x'; DROP TABLE api_keys; --"]


@given(st.text() | st.sampled_from(["", "hk_", "\ud800", "hk_" + "x" * 43, *SQL]))
def test_no_other_text_is_a_key(engine, text):
    assert Keys(engine).authenticate(text) is None


@given(st.text() | st.sampled_from(["", "hk_", "\ud800", *SQL]))
def test_no_other_text_names_a_key(engine, text):
    keys = Keys(engine)
    keys.create("me", "test")
    count = keys.count()
    for ask in (keys.get, keys.revoke):
        with pytest.raises(NotFoundError):
            ask(text)
    for account in SQL[:4]:
        assert keys.list(account) == ()
    assert (keys.count(), {key.revoked for key in keys.list()}) == (count, {None})


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


MODELS = frozenset({"accounts/me/models/a", "accounts/fireworks/models/b"})
LIMITS = Limits(requests_per_minute=60, tokens_per_minute=10**15, monthly_tokens=1)


def test_what_a_key_may_do_is_kept(engine, keys):
    created = keys.create("me", "laptop", expires=NOW + 9, models=MODELS, limits=LIMITS)
    account = Account("me", created.id, admin=False, limits=LIMITS, models=MODELS)
    assert keys.authenticate(created.text) == account
    assert Keys(engine, now=lambda: NOW).authenticate(created.text) == account
    (listed,) = keys.list()
    assert listed == keys.get(created.id) == keys.get(created.prefix)
    assert (listed.models, listed.limits, listed.expires) == (MODELS, LIMITS, NOW + 9)
    assert (listed.created, listed.revoked, listed.state(NOW)) == (NOW, None, "good")


def test_a_list_has_no_secret(keys):
    created = keys.create("me", "test")
    assert created.text not in repr(keys.list())
    assert hashlib.sha256(created.text.encode()).hexdigest() not in repr(keys.list())
    assert created.text[11:] not in repr(keys.list())


def test_keys_are_listed_by_account_the_oldest_first(keys, clock):
    made = []
    for account in ("me", "you", "me"):
        made.append(keys.create(account, "test").id)
        clock.seconds += 1
    assert [key.id for key in keys.list()] == made
    assert [key.id for key in keys.list("me")] == [made[0], made[2]]
    assert keys.list("nobody") == ()


def test_a_key_expires_by_the_clock_without_a_refresh(keys, clock, monkeypatch):
    text = keys.create("me", "test", expires=NOW + 1).text
    monkeypatch.setattr("hanabi.accounts.keys.REFRESH_SECONDS", 100)
    clock.seconds = 0.4
    assert keys.authenticate(text) is not None
    clock.seconds = 0.5
    assert keys.authenticate(text) is None
    assert keys.list()[0].state(NOW + 1) == "expired"


def test_a_revoked_key_is_bad_at_once_and_for_good(keys, clock):
    first, second = keys.create("me", "a"), keys.create("me", "b")
    clock.seconds = 3
    revoked = keys.revoke(first.prefix)
    assert (revoked.id, revoked.revoked, revoked.state(NOW)) == (first.id, NOW + 3, "revoked")
    assert keys.authenticate(first.text) is None
    clock.seconds = 5
    assert keys.revoke(first.id) == revoked
    assert keys.authenticate(second.text) is not None
    keys.revoke(second.id)
    assert keys.authenticate(second.text) is None
    assert keys.count() == 2


@pytest.mark.parametrize(
    ("fields", "param", "sentence"),
    [
        ({"name": ""}, "name", "name must have 1 to 100 printable characters: ''"),
        ({"name": "x" * 101}, "name", "name must have 1 to 100 printable characters: 'xxx"),
        ({"name": "a\nb"}, "name", "name must have 1 to 100 printable characters: 'a\\nb'"),
        ({"name": "\0"}, "name", "name must have"),
        ({"name": "\ud800"}, "name", "name must have"),
        ({"expires": NOW}, "expires", "expires must be in the future, and"),
        ({"expires": -1}, "expires", "expires must be in the future"),
        ({"expires": 10**12}, "expires", "expires must be in the future"),
        ({"models": frozenset()}, "models", "models must name 1 to 100 models, or"),
        ({"models": frozenset(map(str, range(101)))}, "models", "models must name 1 to 100 models"),
        ({"models": MODELS, "admin": True}, "models", "models must be left out for an admin key"),
        (
            {"limits": Limits(max_concurrent=0)},
            "max_concurrent",
            "max_concurrent must be between 1 and 1000000000000000, or left out for no limit: 0",
        ),
        ({"limits": Limits(requests_per_minute=-1)}, "requests_per_minute", "requests_per_minute"),
        ({"limits": Limits(tokens_per_minute=10**16)}, "tokens_per_minute", "tokens_per_minute"),
        ({"limits": Limits(monthly_tokens=0)}, "monthly_tokens", "monthly_tokens"),
    ],
)  # fmt: skip
def test_what_a_key_cannot_be(keys, fields, param, sentence):
    with pytest.raises(InvalidRequestError) as refusal:
        keys.create("me", **{"name": "test"} | fields)
    assert refusal.value.param == param
    assert refusal.value.message.startswith(sentence)
    assert keys.count() == 0


def test_a_key_of_before_there_were_limits_stays_good(tmp_path, new_url, monkeypatch):
    text, url = "hk_" + "x" * 43, new_url()
    row = {"id": "1", "account": "me", "name": "old", "prefix": text[:11], "admin": True}
    row |= {"digest": hashlib.sha256(text.encode()).digest(), "created": 1}
    upgrade = command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", lambda config, _head: upgrade(config, "0002"))
        before = open_database(tmp_path, url)
    with before.begin() as connection:
        connection.execute(insert(api_keys).values(row))
    before.dispose()
    after = open_database(tmp_path, url)
    assert Keys(after).authenticate(text) == Account("me", "1", admin=True)
    after.dispose()


def test_an_older_refresh_does_not_bring_a_revoked_key_back(keys, monkeypatch):
    """A refresh in another thread has read the key before it is revoked, and is slow."""
    text = keys.create("me", "test").text
    read, go_on = threading.Event(), threading.Event()
    real = keys_module._known

    def slow(row):
        if not read.is_set():
            read.set()
            go_on.wait(10)
        return real(row)

    monkeypatch.setattr(keys_module, "_known", slow)
    older = threading.Thread(target=keys._refresh)
    older.start()
    assert read.wait(10)
    revoking = threading.Thread(target=keys.revoke, args=[text[:11]])
    revoking.start()
    revoking.join(0.2)
    go_on.set()
    revoking.join()
    older.join()
    assert keys.authenticate(text) is None
