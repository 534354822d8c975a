import json
import time

import msgspec
import pytest
from sqlalchemy import insert

from hanabi.accounts.keys import Keys
from hanabi.accounts.usage import UsageRecord
from hanabi.database.connection import open_database
from hanabi.database.tables import usage

MODEL = "accounts/me/models/m"


@pytest.fixture
def key(home):
    """A key's id: it has used something today, and long ago; another account has too."""
    database = open_database(home)
    key = Keys(database).create("me", "laptop").id
    now = int(time.time() * 1000)
    uses = [("me", key, 0, 1000), ("me", key, 0, 500), ("you", "gone", 0, 50), ("me", key, now, 7)]
    rows = [
        msgspec.structs.asdict(
            UsageRecord(
                request_id=f"r{number}",
                time=now - age,
                account=account,
                key_id=key_id,
                model=MODEL,
                route="completions",
                status=200,
                prompt_tokens=tokens,
                cached_tokens=0,
                completion_tokens=1,
                first_token_ms=3,
                duration_ms=4,
            )
        )
        for number, (account, key_id, age, tokens) in enumerate(uses)
    ]
    with database.begin() as connection:
        connection.execute(insert(usage), rows)
    database.dispose()
    return key


def test_a_table_with_bars_and_a_total(run, key):
    code, output, errors = run("usage", "--by", "key")
    assert (code, errors) == (0, "")
    lines = [line.split() for line in output.splitlines()]
    assert lines[0] == ["Key", "Requests", "Prompt", "Completion", "Tokens"]
    assert lines[1] == ["laptop", f"({key})", "2", "1,500", "2", "█" * 24]
    assert lines[2][:4] == ["gone", "1", "50", "1"]
    assert lines[2][4] in set("▏▎▍▌▋▊▉█▉")
    assert lines[3] == ["Total", "3", "1,550", "3"]


def test_json_since_and_account(run, key):
    code, output, _ = run("usage", "--by", "model", "--account", "me", "--since", "1970-01-01",
                          "--json")  # fmt: skip
    assert code == 0
    assert json.loads(output) == [
        {
            "group": MODEL,
            "requests": 3,
            "prompt_tokens": 1507,
            "cached_tokens": 0,
            "completion_tokens": 3,
            "total_tokens": 1510,
        }
    ]


def test_without_usage_there_is_an_empty_table(run):
    code, output, errors = run("usage")
    assert (code, errors) == (0, "")
    assert [line.split()[0] for line in output.splitlines()] == ["Day", "Total"]


def test_a_wrong_since_is_one_line(run):
    code, _, errors = run("usage", "--since", "yesterday")
    assert code == 2
    assert "a span such as 24h" in errors
