import msgspec
import pytest
from sqlalchemy import insert

from hanabi.accounts.account import Account
from hanabi.accounts.keys import Keys
from hanabi.accounts.usage import UsageRecord
from hanabi.database.connection import open_database
from hanabi.database.tables import usage as usage_table

NOW = 1_700_000_000  # 2023-11-14, 22:13:20 UTC
HOUR = 60 * 60
A, B = "accounts/me/models/a", "accounts/me/models/b"


class OneCaller:
    def __init__(self, account, *, admin=False):
        self.account = Account(account, "key-1", admin=admin)

    def authenticate(self, _key):
        return self.account


@pytest.fixture
def database(tmp_path, new_url):
    database = open_database(tmp_path, new_url())
    key = Keys(database).create("tester", "laptop")
    with database.begin() as connection:
        rows = [
            msgspec.structs.asdict(
                UsageRecord(
                    request_id=f"r{number}",
                    time=(NOW - hours * HOUR) * 1000,
                    account=account,
                    key_id=key.id if model else "gone",
                    model=model,
                    route="completions",
                    status=200 if model else 404,
                    prompt_tokens=tokens,
                    cached_tokens=tokens // 2,
                    completion_tokens=1,
                    first_token_ms=None,
                    duration_ms=1,
                )
            )
            for number, (hours, account, model, tokens) in enumerate(
                [
                    (0, "tester", A, 10),
                    (1, "tester", B, 20),
                    (1, "tester", B, 20),
                    (30, "tester", A, 4),
                    (31, "tester", "", 0),
                    (0, "other", A, 1000),
                    (24 * 40, "tester", A, 99),
                ]
            )
        ]
        connection.execute(insert(usage_table), rows)
    yield database, key.id
    database.dispose()


@pytest.fixture
def api(make_api, database):
    return make_api(database=database[0])


def amount(requests, prompt, cached, completion):
    return {
        "requests": requests,
        "promptTokens": prompt,
        "cachedPromptTokens": cached,
        "completionTokens": completion,
        "totalTokens": prompt + completion,
    }


def test_by_day_and_the_series(api):
    reply = api.call("GET", "/v1/accounts/tester/usage")
    assert reply.status == 200
    assert reply.json == {
        "sums": [
            amount(2, 4, 2, 2) | {"group": "2023-11-13", "displayName": "2023-11-13"},
            amount(3, 50, 25, 3) | {"group": "2023-11-14", "displayName": "2023-11-14"},
        ],
        "series": [
            amount(1, 0, 0, 1) | {"day": "2023-11-13", "model": ""},
            amount(1, 4, 2, 1) | {"day": "2023-11-13", "model": A},
            amount(1, 10, 5, 1) | {"day": "2023-11-14", "model": A},
            amount(2, 40, 20, 2) | {"day": "2023-11-14", "model": B},
        ],
    }


def test_by_model_since(api):
    sums = api.call("GET", "/v1/accounts/tester/usage?by=model&since=2023-11-14").json["sums"]
    assert sums == [
        amount(2, 40, 20, 2) | {"group": B, "displayName": B},
        amount(1, 10, 5, 1) | {"group": A, "displayName": A},
    ]


def test_by_key_with_its_name(api, database):
    sums = api.call("GET", "/inference/v1/accounts/tester/usage?by=key&since=9999w").json["sums"]
    assert [(each["group"], each["displayName"], each["requests"]) for each in sums] == [
        (database[1], "laptop", 5),
        ("gone", "gone", 1),
    ]


def test_a_key_for_some_models_sees_no_usage(make_api, database):
    caller = OneCaller("tester")
    caller.account = Account("tester", "key-1", admin=False, models=frozenset({A}))
    refused = make_api(database=database[0], keys=caller).call("GET", "/v1/accounts/tester/usage")
    assert (refused.status, refused.json["code"]) == (403, 7)


def test_another_account_is_for_admins(make_api, database):
    path = "/v1/accounts/other/usage"
    refused = make_api(database=database[0], keys=OneCaller("tester")).call("GET", path)
    assert (refused.status, refused.json["code"]) == (403, 7)
    assert "'tester'" in refused.json["message"]
    assert "'other'" in refused.json["message"]
    admin = make_api(database=database[0], keys=OneCaller("tester", admin=True))
    assert admin.call("GET", path).json["sums"][0]["promptTokens"] == 1000


@pytest.mark.parametrize("query", ["by=hour", "since=yesterday", "until=1d", "by=key&by=day"])
def test_a_bad_query_is_refused_in_the_gateways_shape(api, query):
    refused = api.call("GET", f"/v1/accounts/tester/usage?{query}")
    assert (refused.status, refused.json["code"]) == (400, 3)
    assert query.partition("=")[0] in refused.json["message"]
