import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.errors import InvalidRequestError, ModelNotFoundError
from hanabi.registry.names import ModelName, id_from, parse_name, requested_name

LLAMA = ModelName("fireworks", "llama-v2-7b")


def naive_is_id(text: str) -> bool:
    allowed = set(string.ascii_lowercase + string.digits + "-")
    return 1 <= len(text) <= 63 and set(text) <= allowed and "-" not in {text[0], text[-1]}


ids = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)


@given(ids, ids)
def test_a_name_survives_its_text(account, model):
    name = ModelName(account, model)
    assert parse_name(str(name)) == name
    assert requested_name(str(name)) == name


@given(st.text("ab-A.9/ é\n", max_size=66) | st.text())
def test_an_id_is_what_the_naive_rule_says(text):
    if naive_is_id(text):
        assert ModelName("a", text).model == text
        assert ModelName(text, "m").account == text
    else:
        with pytest.raises(InvalidRequestError, match="model id must be 1 to 63"):
            ModelName("a", text)
        with pytest.raises(InvalidRequestError, match="account id must be 1 to 63"):
            ModelName(text, "m")


BAD_NAMES = [
    "",
    "gpt-4",
    "accounts/a/models/",
    "accounts//models/m",
    "accounts/a/models/..",
    "accounts/../models/m",
    "accounts/a/models/../../../etc/passwd",
    "accounts/a/models/m/",
    "/accounts/a/models/m",
    "accounts/a/models/m\0",
    "accounts/a/models/m\n",
    "accounts/a/models/M",
    "Accounts/a/models/m",
    "accounts/a/models/m%2e",
    "accounts/a/models/" + "m" * 64,
    "accounts/a/deployments/d",
    "accounts\\a\\models\\m",
    "accounts/a/models/\N{CYRILLIC SMALL LETTER A}",
    "accounts/a/models/\N{ARABIC-INDIC DIGIT ONE}",
]


@pytest.mark.parametrize("text", BAD_NAMES)
def test_a_bad_name_is_refused(text):
    with pytest.raises(InvalidRequestError) as refusal:
        parse_name(text)
    assert refusal.value.param == "model"
    with pytest.raises(ModelNotFoundError):
        requested_name(text)


def test_creation_takes_the_full_name_only():
    for text in ("fireworks/llama-v2-7b", f"{LLAMA}#prod"):
        with pytest.raises(InvalidRequestError):
            parse_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "accounts/fireworks/models/llama-v2-7b",
        "accounts/fireworks/models/llama-v2-7b#prod",
        "accounts/fireworks/models/llama-v2-7b#accounts/me/deployments/12345",
        "accounts/fireworks/models/llama-v2-7b#",
        "fireworks/llama-v2-7b",
        "fireworks/llama-v2-7b#prod",
    ],
)
def test_what_requests_may_call_a_model(text):
    assert requested_name(text) == LLAMA


def test_a_long_name_is_cut_short_in_the_error():
    with pytest.raises(InvalidRequestError) as refusal:
        parse_name("x" * 1_000_000)
    assert len(refusal.value.message) < 200


@given(st.text())
def test_any_text_gives_an_id(text):
    assert naive_is_id(id_from(text))


@given(ids)
def test_an_id_without_double_dashes_gives_itself(text):
    assert id_from(text) == text or "--" in text


def test_a_file_stem_gives_a_readable_id():
    assert id_from("SmolLM2-135M-Instruct.Q4_1") == "smollm2-135m-instruct-q4-1"
    assert id_from("..") == "model"
