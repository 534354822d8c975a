"""Eviction leaves out the fewest oldest turns, and asks the tokenizer seldom."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.generation.text import Conversation
from hanabi.generation.truncation import prepare_conversation
from hanabi.styles.message import Message
from hanabi.styles.style import Text


class Transcript:
    """Every message on a line of its own: its role's first letter, then its content."""

    name = "transcript"
    stop_tokens = ()
    continues_text = False
    emits_bos = False

    def render(self, messages, _tokens, /):
        return tuple(Text(f"{message.role[0]}{message.content}\n") for message in messages)


def conversation_of(*contents, system=None, truncate_to=None):
    messages = [] if system is None else [Message("system", system)]
    for index, content in enumerate(contents):
        messages.append(Message("assistant" if index % 2 else "user", content))
    return Conversation(tuple(messages), truncate_to)


def prepared(backend, conversation):
    return asyncio.run(prepare_conversation(conversation, Transcript(), backend))


@pytest.mark.parametrize(
    ("truncate_to", "text"),
    [
        (None, "sS\nu1\na2\nu3\na4\nu5\n"),
        (18, "sS\nu1\na2\nu3\na4\nu5\n"),
        (17, "sS\nu3\na4\nu5\n"),
        (12, "sS\nu3\na4\nu5\n"),
        (11, "sS\nu5\n"),
        (6, "sS\nu5\n"),
        (5, "sS\nu5\n"),
    ],
)
def test_the_oldest_turns_go_and_the_system_message_stays(tools, truncate_to, text):
    conversation = conversation_of(*"12345", system="S", truncate_to=truncate_to)
    assert prepared(tools.Backend([[0]]), conversation).text == text


def test_a_hopeless_length_is_not_searched_for(tools):
    backend = tools.Backend([[0]])
    prepared(backend, conversation_of(*"123456789", truncate_to=1))
    assert len(backend.tokenized) == 2


@pytest.mark.parametrize("contents", [["long"], ["long", "reply"]])
def test_a_single_turn_is_never_left_out(tools, contents):
    backend = tools.Backend([[0]])
    conversation = conversation_of(*contents, truncate_to=1)
    assert len(prepared(backend, conversation).ids) > 1
    assert len(backend.tokenized) == 1


def test_a_conversation_of_system_messages_is_left_alone(tools):
    messages = (Message("system", "a"), Message("system", "b"))
    assert prepared(tools.Backend([[0]]), Conversation(messages, 1)).text == "sa\nsb\n"


@given(
    contents=st.lists(st.text("x", max_size=9), min_size=1, max_size=41),
    system=st.none() | st.text("x", max_size=5),
    truncate_to=st.integers(0, 200),
)
def test_the_fewest_turns_go_with_few_calls(tools, contents, system, truncate_to):
    backend = tools.Backend([[0]])
    prompt = prepared(backend, conversation_of(*contents, system=system, truncate_to=truncate_to))
    naive = [
        conversation_of(*contents[first:], system=system) for first in range(0, len(contents), 2)
    ]
    texts = [
        "".join(segment.text for segment in Transcript().render(c.messages, None)) for c in naive
    ]
    if len(contents) % 2 == 0:
        # The last message is a reply here: its own question is the other half of the last turn.
        assert texts[-1].count("\n") == 2 + (system is not None)
    assert prompt.text == next((t for t in texts if len(t) <= truncate_to), texts[-1])
    assert len(backend.tokenized) <= 2 + len(contents).bit_length()
