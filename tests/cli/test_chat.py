"""The conversation that `hanabi chat` keeps; tests/e2e/test_chat.py has the terminal."""

import contextlib

import pytest

from hanabi.cli.chat import Conversation


class Scripted:
    """Stands in for the client and its stream: replies with pieces, one of which may raise."""

    def __init__(self, *pieces):
        self.pieces = pieces
        self.asked = []
        self.closed = 0
        self.chat = self.completions = self

    def create(self, model, messages, **options):
        self.asked.append((model, messages, options))
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed += 1

    def text_deltas(self):
        for piece in self.pieces:
            if isinstance(piece, BaseException):
                raise piece
            yield piece


def test_the_conversation_goes_on():
    client = Scripted("Hel", "lo.")
    conversation = Conversation(client, "m", "Be brief.", {"temperature": 0.0})
    assert list(conversation.reply("Hi")) == ["Hel", "lo."]
    assert list(conversation.reply("Again")) == ["Hel", "lo."]
    first = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    reply = {"role": "assistant", "content": "Hello."}
    second = [*first, reply, {"role": "user", "content": "Again"}]
    options = {"stream": True, "temperature": 0.0}
    assert client.asked == [("m", first, options), ("m", second, options)]
    assert conversation.messages == [*second, reply]
    assert client.closed == 2


def test_a_stopped_reply_keeps_its_text():
    conversation = Conversation(Scripted("Once", KeyboardInterrupt()), "m", None, {})
    with pytest.raises(KeyboardInterrupt):
        list(conversation.reply("Tell"))
    assert conversation.messages[1:] == [{"role": "assistant", "content": "Once"}]


def test_a_reply_that_nobody_reads_on_is_closed_and_keeps_its_text():
    client = Scripted("Once", " upon")
    conversation = Conversation(client, "m", None, {})
    with contextlib.closing(conversation.reply("Tell")) as reply:
        next(reply)
    assert client.closed == 1
    assert conversation.messages[1:] == [{"role": "assistant", "content": "Once"}]


def test_a_question_without_a_reply_is_taken_back():
    conversation = Conversation(Scripted(ValueError("no")), "m", None, {})
    with pytest.raises(ValueError, match="no"):
        list(conversation.reply("Hi"))
    assert conversation.messages == []


def test_starting_over_keeps_the_system_prompt():
    conversation = Conversation(Scripted("Hello."), "m", "", {})
    list(conversation.reply("Hi"))
    conversation.start_over()
    assert conversation.messages == [{"role": "system", "content": ""}]
