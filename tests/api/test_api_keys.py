import pytest

from hanabi.accounts.account import Account, Limits
from hanabi.accounts.keys import Keys
from hanabi.database.connection import open_database

KEYS = "/v1/accounts/alice/apiKeys"
NOW = 1_700_000_000
NEW = {"displayName": "laptop"}


@pytest.fixture
def keys(tmp_path):
    engine = open_database(tmp_path / "home")
    yield Keys(engine, now=lambda: NOW + 0.5)
    engine.dispose()


@pytest.fixture
def texts(keys):
    """The keys of who asks."""
    return {
        "admin": keys.create("fireworks", "admin", admin=True).text,
        "alice": keys.create("alice", "hers").text,
    }


@pytest.fixture
def ask(make_api, keys, texts):
    api = make_api(keys=keys)

    def ask(method, path=KEYS, body=None, *, who="admin"):
        return api.call(method, path, body, key=texts[who])

    return ask


@pytest.fixture
def create(ask):
    def create(**fields):
        reply = ask("POST", KEYS, {"apiKey": NEW | fields})
        assert reply.status == 200, reply.body
        return reply.json

    return create


def test_a_key_is_shown_once_and_works(create, ask, keys):
    made = create()
    text = made.pop("key")
    assert made == {
        "keyId": made["keyId"],
        "displayName": "laptop",
        "prefix": text[:11],
        "admin": False,
        "createTime": "2023-11-14T22:13:20Z",
        "limits": {},
    }
    assert keys.authenticate(text) == Account("alice", made["keyId"], admin=False)
    assert ask("GET", f"{KEYS}/{made['keyId']}").json == made
    listed = ask("GET")
    # Keys of one second have no order of their own.
    assert {key["displayName"] for key in listed.json["apiKeys"]} == {"hers", "laptop"}
    assert made in listed.json["apiKeys"]
    assert listed.json["totalSize"] == 2
    assert text.encode() not in listed.body


def test_what_a_key_may_do(create, ask, keys):
    limits = {"requestsPerMinute": 60, "monthlyTokens": 10**15}
    models = ["accounts/alice/models/a", "accounts/fireworks/models/b"]
    made = create(expireTime="2023-11-15T00:00:00+01:00", models=models[::-1], limits=limits)
    assert made["expireTime"] == "2023-11-14T23:00:00Z"
    assert (made["models"], made["limits"]) == (models, limits)
    account = keys.authenticate(made["key"])
    assert (account.models, account.limits.monthly_tokens) == (frozenset(models), 10**15)
    assert create(admin=True)["admin"] is True


@pytest.mark.parametrize("prefix", ["/v1", "/inference/v1", "/inference/v1/v1"])
def test_they_are_below_every_prefix(ask, prefix):
    assert ask("GET", f"{prefix}/accounts/alice/apiKeys").json["totalSize"] == 1


def test_a_revoked_key_is_useless_at_once_and_stays_in_the_list(create, ask, keys):
    made = create()
    path = f"{KEYS}/{made['keyId']}"
    assert (ask("DELETE", path).status, ask("DELETE", path).json) == (200, {})
    assert keys.authenticate(made["key"]) is None
    assert ask("GET", path).json["revokeTime"] == "2023-11-14T22:13:20Z"
    assert ask("GET").json["totalSize"] == 2


def test_only_admins_have_to_do_with_keys(create, ask, keys):
    made = create()
    own = keys.list("alice")[0].id
    one = f"{KEYS}/{made['keyId']}"
    for method, path in [
        ("POST", KEYS),
        ("GET", KEYS),
        ("GET", one),
        ("DELETE", one),
        ("GET", f"{KEYS}/{own}"),
        ("GET", f"{KEYS}/missing"),
    ]:
        reply = ask(method, path, {"apiKey": NEW}, who="alice")
        assert (reply.status, reply.json["code"]) == (403, 7)
        assert "only those manage API keys" in reply.json["message"]
    assert keys.authenticate(made["key"]) is not None
    assert len(keys.list("alice")) == 2


def test_a_key_is_found_in_its_account_by_its_id(create, ask, keys):
    made = create()
    for path in (
        f"/v1/accounts/bob/apiKeys/{made['keyId']}",
        f"{KEYS}/{made['prefix']}",
        f"{KEYS}/missing",
        f"{KEYS}/\0",
        f"{KEYS}/' OR 1=1 --",
    ):
        for method in ("GET", "DELETE"):
            reply = ask(method, path)
            assert (reply.status, reply.json["code"]) == (404, 5), path
    assert keys.authenticate(made["key"]) is not None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"displayName": ""}, "apiKey.displayName must not be empty"),
        ({"displayName": "x" * 101}, "apiKey.displayName must have at most 100 characters: 101"),
        ({"displayName": "\x1b"}, "apiKey.displayName must have 1 to 100 printable characters"),
        ({"expireTime": "soon"}, "apiKey.expireTime must be a time as in RFC 3339"),
        ({"expireTime": "2023-11-14T22:13:20Z"}, "apiKey.expireTime must be in the future"),
        ({"expireTime": "0001-01-01T00:00:00Z"}, "apiKey.expireTime must be in the future"),
        ({"models": []}, "apiKey.models must not be empty"),
        ({"models": ["m"]}, "apiKey.models[0]: a model name must be accounts/<account>/models/<m"),
        ({"models": ["accounts/a/models/M"]}, "apiKey.models[0]: model id must be 1 to 63 of a-z"),
        (
            {"models": ["accounts/a/models/m"], "admin": True},
            "apiKey.models must be left out for an admin key",
        ),
        (
            {"limits": {"requestsPerMinute": 0}},
            "apiKey.limits.requestsPerMinute must be between 1 and 1000000000000000: 0",
        ),
        ({"limits": {"tokensPerMinute": 1e309}}, "The request body is not valid JSON"),
        ({"limits": {"maxConcurrent": True}}, "apiKey.limits.maxConcurrent must be an integer"),
        ({"limits": {"x": 1}}, "Extra inputs are not permitted, field: 'apiKey.limits.x'"),
        ({"secret": "x"}, "Extra inputs are not permitted, field: 'apiKey.secret'"),
    ],
)
def test_what_a_key_cannot_be(ask, keys, fields, message):
    before = keys.count()
    reply = ask("POST", KEYS, {"apiKey": NEW | fields})
    assert (reply.status, reply.json["code"]) == (400, 3)
    assert reply.json["message"].startswith(message)
    assert keys.count() == before


def test_an_account_has_a_valid_id(ask):
    for account in ("Alice", "\0", "x" * 64):
        for method in ("GET", "POST"):
            reply = ask(method, f"/v1/accounts/{account}/apiKeys", {"apiKey": NEW})
            assert reply.status == 400
            assert reply.json["message"].startswith("account id must be 1 to 63 of a-z")


def test_keys_of_ill_will_open_nothing(make_api, keys, texts):
    """SQL in the header is a wrong key, and no more."""
    api = make_api(keys=keys)
    prefix = texts["admin"][:11]
    for wrong in (
        "' OR 1=1 --",
        "hk_' OR '1'='1",
        f"{prefix}' --",
        f"{prefix}%",
        "hk_%",
        "hk_________",
        "'; DROP TABLE api_keys; --",
        'hk_" UNION SELECT * FROM api_keys --',
        "hk_\x00",
    ):
        reply = api.call("GET", "/v1/models", key=wrong)
        assert (reply.status, reply.error["code"]) == (401, "UNAUTHORIZED")
    assert keys.count() == 2
    assert api.call("GET", KEYS, key=texts["admin"]).status == 200


def test_a_key_tells_of_itself(keys, texts, ask):
    admin = ask("GET", "/v1/apiKey").json
    assert (admin["account"], admin["displayName"], admin["admin"]) == ("fireworks", "admin", True)
    limits = Limits(requests_per_minute=5, monthly_tokens=10**9)
    models = frozenset({"accounts/a/models/y", "accounts/a/models/x"})
    made = keys.create("alice", "narrow", expires=NOW + 60, models=models, limits=limits)
    texts["narrow"] = made.text
    assert ask("GET", "/inference/v1/apiKey", who="narrow").json == {
        "account": "alice",
        "keyId": made.id,
        "displayName": "narrow",
        "prefix": made.prefix,
        "admin": False,
        "createTime": "2023-11-14T22:13:20Z",
        "expireTime": "2023-11-14T22:14:20Z",
        "models": ["accounts/a/models/x", "accounts/a/models/y"],
        "limits": {"requestsPerMinute": 5, "monthlyTokens": 10**9},
    }


@pytest.mark.parametrize("headers", [(), [(b"authorization", b"Bearer nonsense")]])
def test_nobody_has_no_key(make_api, keys, headers):
    reply = make_api(keys=keys).call("GET", "/v1/apiKey", key=None, headers=headers)
    assert reply.status == 401
