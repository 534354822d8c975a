import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.errors import InvalidRequestError
from hanabi.styles.message import Message
from hanabi.styles.roles import check_count, check_roles, split_turns

LETTER = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}


def conversation(letters: str) -> list[Message]:
    return [Message(LETTER[letter], f"{letter}{i}") for i, letter in enumerate(letters)]


def test_parts_system_from_turns():
    with_system = split_turns(conversation("suau"))
    assert with_system.system == "s0"
    assert [turn.content for turn in with_system.turns] == ["u1", "a2", "u3"]
    without = split_turns(conversation("u"))
    assert without.system is None
    assert [turn.content for turn in without.turns] == ["u0"]


def test_an_empty_system_message_differs_from_none():
    assert split_turns([Message("system", ""), Message("user", "hi")]).system == ""


@pytest.mark.parametrize(
    ("letters", "at", "rule"),
    [
        ("a", 0, "the first message must be of role 'user', not 'assistant'"),
        ("sa", 1, "the first message after 'system' must be of role 'user', not 'assistant'"),
        ("s", 0, "the last message must be of role 'user', not 'system'"),
        ("ua", 1, "the last message must be of role 'user', not 'assistant'"),
        ("uauu", 3, "role 'user' follows role 'user'; 'user' and 'assistant' must alternate"),
        ("uaau", 2, "role 'assistant' follows role 'assistant'"),
        ("us", 1, "role 'system' is for the first message only"),
        ("ssu", 1, "role 'system' is for the first message only"),
        ("ut", 1, "must be 'system', 'user' or 'assistant', not 'tool'"),
        ("t", 0, "must be 'system', 'user' or 'assistant', not 'tool'"),
    ],
)
def test_a_breach_names_the_rule_and_the_message(letters, at, rule):
    with pytest.raises(InvalidRequestError) as refusal:
        split_turns(conversation(letters))
    assert refusal.value.message.startswith(f"messages[{at}].role: {rule}")
    assert refusal.value.param == f"messages[{at}].role"
    assert refusal.value.status == 400


def test_no_messages_are_refused():
    with pytest.raises(InvalidRequestError, match="at least one"):
        split_turns([])


def test_a_long_role_is_cut_short():
    with pytest.raises(InvalidRequestError) as refusal:
        split_turns([Message("x" * 1_000_000, "")])
    assert len(refusal.value.message) < 200


@given(st.text("suat", min_size=1, max_size=9))
def test_accepts_exactly_the_language_of_the_rules(letters):
    turns = letters.removeprefix("s")
    legal = turns == ("ua" * len(turns))[: len(turns)] and turns.endswith("u")
    if legal:
        assert len(split_turns(conversation(letters)).turns) == len(turns)
    else:
        with pytest.raises(InvalidRequestError):
            split_turns(conversation(letters))


@pytest.mark.parametrize(
    ("letters", "param", "rule"),
    [
        ("", "messages", "the style 'two' takes exactly 2, got 0"),
        ("u", "messages", "the style 'two' takes exactly 2, got 1"),
        ("uaua", "messages[2].role", "the style 'two' takes exactly 2, got 4"),
        ("au", "messages[0].role", "the style 'two' wants 'user' here, not 'assistant'"),
        ("us", "messages[1].role", "the style 'two' wants 'assistant' here, not 'system'"),
        ("s", "messages[0].role", "the style 'two' wants 'user' here, not 'system'"),
    ],
)
def test_roles_that_are_fixed(letters, param, rule):
    with pytest.raises(InvalidRequestError) as refusal:
        check_roles(conversation(letters), ("user", "assistant"), "two")
    assert refusal.value.message == f"{param}: {rule}"
    assert (refusal.value.param, refusal.value.status) == (param, 400)


def test_a_count_that_is_fixed_asks_for_no_roles():
    check_roles(conversation("ua"), ("user", "assistant"), "two")
    check_count(conversation("ta"), 2, "two")
    with pytest.raises(InvalidRequestError, match="takes exactly 1, got 2"):
        check_count(conversation("ta"), 1, "one")
