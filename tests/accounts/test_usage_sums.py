from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from hanabi.accounts.keys import Keys
from hanabi.accounts.usage import UsageRecord
from hanabi.accounts.usage_sums import daily_sums, key_names, month_tokens, usage_sums
from hanabi.database.connection import open_database
from hanabi.database.tables import usage

DAY = 24 * 60 * 60 * 1000
records = st.builds(
    UsageRecord,
    request_id=st.uuids().map(str),
    time=st.integers(0, 40 * DAY),
    account=st.sampled_from(["me", "you"]),
    key_id=st.sampled_from(["k1", "k2", "k3"]),
    model=st.sampled_from(["", "accounts/a/models/b", "accounts/a/models/c"]),
    route=st.just("completions"),
    status=st.sampled_from([200, 499]),
    prompt_tokens=st.integers(0, 2**40),
    cached_tokens=st.integers(0, 2**40),
    completion_tokens=st.integers(0, 2**40),
    first_token_ms=st.none() | st.integers(0, 10),
    duration_ms=st.integers(0, 10),
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory, new_url):
    engine = open_database(tmp_path_factory.mktemp("home"), new_url())
    yield engine
    engine.dispose()


def store(engine, stored):
    with engine.begin() as connection:
        connection.execute(delete(usage))
        if stored:
            connection.execute(insert(usage), [msgspec.structs.asdict(each) for each in stored])


def day_of(record):
    return f"{datetime.fromtimestamp(record.time / 1000, UTC):%Y-%m-%d}"


GROUPS = {"key": lambda r: r.key_id, "model": lambda r: r.model, "day": day_of}


def added(stored, group):
    """The sums, by hand."""
    sums = {}
    for record in stored:
        row = (1, record.prompt_tokens, record.cached_tokens, record.completion_tokens)
        before = sums.get(group(record), (0, 0, 0, 0))
        sums[group(record)] = tuple(map(sum, zip(before, row, strict=True)))
    return sums


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    stored=st.lists(records, max_size=12, unique_by=lambda record: record.request_id),
    since=st.none() | st.integers(0, 40 * DAY),
    account=st.sampled_from([None, "me", "nobody"]),
)
def test_sums_are_those_of_the_rows(engine, stored, since, account):
    store(engine, stored)
    wanted = [
        record
        for record in stored
        if (since is None or record.time >= since) and account in {None, record.account}
    ]
    for by, group in GROUPS.items():
        sums = usage_sums(engine, by, since=since, account=account)
        assert {s.group: msgspec.structs.astuple(s.amount) for s in sums} == added(wanted, group)
        if by == "day":
            assert [s.group for s in sums] == sorted(s.group for s in sums)
        else:
            assert [s.amount.tokens for s in sums] == sorted(
                (s.amount.tokens for s in sums), reverse=True
            )
    points = daily_sums(engine, since=since, account=account)
    found = {(point.day, point.model): msgspec.structs.astuple(point.amount) for point in points}
    assert found == added(wanted, lambda record: (day_of(record), record.model))
    assert list(found) == sorted(found)


@settings(max_examples=20, deadline=None)
@given(stored=st.lists(records, max_size=12, unique_by=lambda record: record.request_id))
def test_the_tokens_of_a_month(engine, stored):
    store(engine, stored)
    now = datetime(1970, 2, 3, 4, 5, 6, tzinfo=UTC).timestamp()
    wanted = [
        record.tokens
        for record in stored
        if record.key_id == "k1" and day_of(record) >= "1970-02-01"
    ]
    assert month_tokens(engine, "k1", now) == sum(wanted)


def test_the_names_of_keys(engine):
    created = Keys(engine).create("me", "laptop")
    assert key_names(engine)[created.id] == "laptop"


@pytest.mark.parametrize("by", ["time", "account"])
def test_a_span_is_found_by_an_index(engine, by):
    where = {"time": "time >= 5", "account": "account = 'me' AND time >= 5"}[by]
    explain = "EXPLAIN QUERY PLAN"
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET enable_seqscan = off")  # which suits a small table
            explain = "EXPLAIN"
        query = f"{explain} SELECT sum(prompt_tokens) FROM usage WHERE {where}"  # noqa: S608 - ours
        plan = connection.exec_driver_sql(query).all()
    assert "ix_usage_" in str(plan)
