import asyncio

import pytest

from hanabi.accounts.account import Account, Limits
from hanabi.accounts.limiter import Limiter
from hanabi.api import accounting as accounting_module
from hanabi.api.accounting import Accounting
from hanabi.errors import EngineCrashedError, ModelNotFoundError, OverloadedError
from hanabi.generation.text import TextEvent

ID = "5b6d0f0e-3c1a-4c58-9a63-0f6f2b7c9d11"
MODEL = "accounts/fireworks/models/fake"


class LimitedKeys:
    """One key, with limits."""

    def __init__(self, **limits):
        self.account = Account("tester", "key-1", admin=False, limits=Limits(**limits))

    def authenticate(self, _key):
        return self.account


@pytest.fixture
def limited(make_api, dependencies):
    """The API behind a key with these limits."""

    def make(**limits):
        return make_api(keys=LimitedKeys(**limits))

    return make


def test_a_request_is_recorded_with_what_it_used(api, usage):
    api.completion()
    [record] = usage
    assert record.duration_ms >= 0
    assert replace_duration(record) == {
        "request_id": ID,
        "time": 1_700_000_000_900,
        "account": "tester",
        "key_id": "key-1",
        "model": MODEL,
        "route": "completions",
        "status": 200,
        "prompt_tokens": 3,
        "cached_tokens": 2,
        "completion_tokens": 2,
        "first_token_ms": 250,
    }
    assert record.tokens == 5


def replace_duration(record):
    return {name: getattr(record, name) for name in record.__struct_fields__[:-1]}


def test_streams_and_chats_are_recorded_too(api, usage):
    api.completion(stream=True)
    api.chat()
    assert [(each.route, each.status, each.tokens) for each in usage] == [
        ("completions", 200, 5),
        ("chat/completions", 200, 5),
    ]


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        (ModelNotFoundError(), 404),
        (OverloadedError("full", retry_after=1), 429),
        (RuntimeError("bug"), 500),
    ],
)
def test_what_was_refused_is_recorded_without_tokens(api, usage, steps, status):
    api.service.steps = steps
    assert api.completion().status == status
    [record] = usage
    assert (record.status, record.model, record.tokens, record.first_token_ms) == (
        status,
        "",
        0,
        None,
    )


def test_a_bad_body_and_a_drain_are_recorded(api, usage):
    api.completion(n=0)
    api.dependencies.drain.begin()
    api.completion()
    assert [each.status for each in usage] == [400, 503]


def test_a_stream_that_breaks_is_recorded_with_what_broke_it(api, usage):
    api.service.steps = [[TextEvent(0, "Hi", (4,))], EngineCrashedError("gone")]
    api.completion(stream=True)
    assert [(each.status, each.completion_tokens) for each in usage] == [(503, 1)]


def test_who_has_no_key_and_who_generates_nothing_is_not_recorded(api, usage):
    api.call("POST", "/v1/completions", {}, key=None)
    api.call("GET", "/v1/models")
    api.call("GET", "/v1/completions")
    assert usage == []


@pytest.mark.parametrize("fields", [{}, {"stream": True}, {"n": 0}])
def test_every_reply_tells_of_the_limits(limited, fields):
    headers = limited(requests_per_minute=7).completion(**fields).headers
    assert headers["x-ratelimit-limit-requests"] == "7"
    assert headers["x-ratelimit-remaining-requests"] == "6"


def test_a_key_without_limits_has_no_such_headers(api):
    assert not [name for name in api.completion().headers if "ratelimit" in name]


def test_a_limit_refuses_before_the_body_is_looked_at(limited, usage):
    api = limited(requests_per_minute=1)
    api.completion()
    refused = api.completion(n=0)
    assert refused.status == 429
    assert "retry-after" in refused.headers
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"
    assert len(api.service.requests) == 1
    assert [(each.status, each.tokens) for each in usage] == [(200, 5), (429, 0)]


def test_tokens_are_charged_and_the_place_is_given_back(limited):
    api = limited(max_concurrent=1, monthly_tokens=10)
    assert [api.completion().status for _ in range(3)] == [200, 200, 429]


def test_a_failed_request_gives_its_place_back(limited):
    api = limited(max_concurrent=1)
    api.service.steps = RuntimeError("bug")
    assert [api.completion().status for _ in range(2)] == [500, 500]


def test_settled_waits_for_requests_under_way_but_not_for_ever(dependencies, usage, monkeypatch):
    accounting = Accounting(dependencies.metrics, usage, Limiter(lambda _key: 0))

    async def run():
        await accounting.settled()
        accounting.begin()
        accounting.begin()
        waiting = asyncio.create_task(accounting.settled())
        accounting.end()
        await asyncio.sleep(0.01)
        assert not waiting.done()
        accounting.end()
        await waiting
        accounting.begin()
        monkeypatch.setattr(accounting_module, "SETTLED_WITHIN", 0.01)
        await accounting.settled()

    asyncio.run(run())
