import json
import re
from datetime import UTC, datetime

import pytest

from hanabi.accounts.keys import Keys
from hanabi.database.connection import open_database


@pytest.fixture
def keys(home):
    """The keys as a server on the same home sees them."""
    engine = open_database(home)
    yield Keys(engine)
    engine.dispose()


def made(run, *arguments):
    """The text of a new key."""
    code, output, errors = run("keys", "create", *arguments)
    assert code == 0, errors
    return output.strip()


def shown(run, *arguments):
    code, output, errors = run("keys", *arguments)
    assert (code, errors) == (0, "")
    return output


def test_a_key_is_shown_once_alone_and_with_a_sentence_beside_it(run, keys):
    code, output, errors = run("keys", "create", "laptop")
    assert code == 0
    assert re.fullmatch(r"hk_[\w-]{43}\n", output)
    assert errors.splitlines() == [
        "Created the key laptop of the account fireworks",
        "This is the only time that it is shown: only its hash is kept",
    ]
    (key,) = keys.list()
    assert (key.account, key.name, key.prefix) == ("fireworks", "laptop", output[:11])
    for arguments in (("list",), ("list", "--json")):
        assert output.strip() not in shown(run, *arguments)


def test_every_option_counts(run, keys):
    text = made(
        run,
        "phone",
        *("--account", "alice", "--expires", "2030-12-31", "--models", "pirate, alice/m"),
        *("--requests-per-minute", "60", "--tokens-per-minute", "1000"),
        *("--max-concurrent", "4", "--monthly-tokens", "100000"),
    )
    (key,) = json.loads(shown(run, "list", "--json"))
    limits = {
        "requests_per_minute": 60,
        "tokens_per_minute": 1000,
        "max_concurrent": 4,
        "monthly_tokens": 100000,
    }
    models = ["accounts/alice/models/m", "accounts/fireworks/models/pirate"]
    assert key == {
        "id": key["id"],
        "account": "alice",
        "name": "phone",
        "prefix": text[:11],
        "admin": False,
        "created": key["created"],
        "expires": int(datetime(2030, 12, 31, tzinfo=UTC).timestamp()),
        "revoked": None,
        "models": models,
        "limits": limits,
    }
    assert keys.list()[0].models == frozenset(models)
    made(run, "root", "--admin")
    assert [key.admin for key in keys.list("fireworks")] == [True]


@pytest.mark.parametrize("name", ["prefix", "id"])
def test_revoke(run, keys, name):
    text, other = made(run, "one"), made(run, "two")
    key = next(key for key in keys.list() if key.prefix == text[:11])
    output = shown(run, "revoke", getattr(key, name))
    assert output == "Revoked the key one of the account fireworks\n"
    assert keys.get(text[:11]).revoked is not None
    assert keys.get(other[:11]).revoked is None
    code, _, errors = run("keys", "revoke", "hk_nothing")
    assert (code, errors.startswith("hanabi: There is no such API key")) == (2, True)


def test_list(run, keys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert shown(run, "list") == "There is no key: `hanabi keys create NAME` makes one\n"
    first = made(run, "laptop", "--admin")
    models = ("--models", f"{'m' * 40},n", "--monthly-tokens", "100000000")
    made(run, "x" * 100, "--account", "alice", *models, "--expires", "30d")
    shown(run, "revoke", first[:11])
    lines = shown(run, "list").splitlines()
    (line,) = (line for line in lines if line.startswith(first[:11]))
    assert lines[0].split() == ["Key", "Account", "Name", "State", "Expires", "Limits"]
    assert line.split() == [first[:11], "fireworks", "laptop", "revoked", "admin"]
    assert all(len(line) <= 80 for line in lines)
    assert "100,000,000" in "\n".join(lines)
    assert shown(run, "list", "--account", "bob").startswith("There is no key")
    assert len(json.loads(shown(run, "list", "--account", "alice", "--json"))) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["x", "--account", "No"], "account id must be 1 to 63 of a-z, 0-9 and '-'"),
        (["x", "--models", "No"], "model id must be 1 to 63 of a-z, 0-9 and '-'"),
        (["x", "--models", ""], "model id must be 1 to 63 of a-z, 0-9 and '-'"),
        (["x", "--models", "m", "--admin"], "models must be left out for an admin key"),
        (["x", "--expires", "soon"], "expires must be a time from now, such as 30d"),
        (["x", "--expires", "2020-01-01"], "expires must be in the future"),
        (["x", "--max-concurrent", "0"], "0 is not in the range 1<=x<=1000000000000000"),
        (["x", "--monthly-tokens", "1e6"], "'1e6' is not a valid integer range"),
        (["\x1b[31m"], "name must have 1 to 100 printable characters"),
    ],
)
def test_what_cannot_be_created_is_one_line(run, keys, arguments, sentence):
    code, output, errors = run("keys", "create", *arguments)
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert sentence in errors
    assert keys.count() == 0


def test_a_list_is_of_a_valid_account(run, keys):
    code, _, errors = run("keys", "list", "--account", "No")
    assert (code, "account id must be 1 to 63 of a-z" in errors) == (2, True)


def test_a_name_is_no_markup(run, keys):
    _, _, errors = run("keys", "create", "[red]x[/red]")
    assert "the key [red]x[/red] of" in errors
    assert "[red]x[/red]" in shown(run, "list")
