import asyncio
import json

import pytest

from http_client import Connection, Reply
from peers.exchange import exchange

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def framed(*parts):
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def event(**message):
    return b"data: " + json.dumps(message).encode() + b"\n\n"


def text(piece, index=0):
    return event(choices=[{"index": index, "delta": {"content": piece}, "finish_reason": None}])


def reply(*pieces):
    return Reply(0.0, [float(number) for number in range(1, len(pieces) + 1)], list(pieces))


def test_an_event_came_when_its_last_byte_came():
    raw = HEAD + framed(text("one"), text("two") + text("three"), b"data: [DONE]\n\n")
    cut = raw.index(b"two") + 1
    heard = exchange(reply(raw[:20], raw[20:cut], raw[cut:]), stream=True)
    assert heard.texts == ("onetwothree",)
    assert heard.arrivals == (2.0, 3.0, 3.0)
    assert (heard.sent, heard.ended, heard.failure) == (0.0, 3.0, "")


def test_an_event_may_be_cut_by_the_framing_and_end_lines_with_two_characters():
    whole = text("one").replace(b"\n", b"\r\n")
    done = b": ping\r\n\r\ndata: [DONE]\r\n\r\n"
    raw = HEAD + framed(whole[:9], whole[9:-1], whole[-1:], done)
    assert exchange(reply(raw), stream=True).texts == ("one",)


def test_the_usage_of_the_last_chunk_counts():
    usage = event(choices=[], usage={"completion_tokens": 5, "prompt_tokens": 9})
    heard = exchange(reply(HEAD + framed(text("a"), usage, b"data: [DONE]\n\n")), stream=True)
    assert (heard.tokens, heard.prompt_tokens) == (5, 9)


def test_choices_are_told_apart_and_chunks_without_text_are_no_arrivals():
    role = event(choices=[{"index": 0, "delta": {"role": "assistant", "content": None}}])
    raw = HEAD + framed(role, text("b", 1), text("a", 0), text("b", 1), b"data: [DONE]\n\n")
    heard = exchange(reply(raw), stream=True)
    assert heard.texts == ("a", "bb")
    assert len(heard.arrivals) == 3


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([text("a")], "no end"),
        ([text("a"), event(error={"message": "it broke"}), b"data: [DONE]\n\n"], "it broke"),
    ],
)
def test_a_stream_that_breaks_off_has_failed(parts, reason):
    assert reason in exchange(reply(HEAD + framed(*parts)), stream=True).failure


@pytest.mark.parametrize(
    ("status", "failure"),
    [(429, "refused"), (503, "refused"), (500, "500: no")],
)
def test_a_status_tells_refusals_from_failures(status, failure):
    raw = b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nno" % status
    assert exchange(reply(raw), stream=True).failure == failure


def test_a_reply_at_once_and_the_logprobs_of_its_prompt():
    body = json.dumps(
        {
            "choices": [
                {"index": 1, "text": "b", "logprobs": None},
                {"index": 0, "text": "a", "logprobs": {"token_logprobs": [None, -1.5, -2.5]}},
            ],
            "usage": {"completion_tokens": 2, "prompt_tokens": 3},
        }
    ).encode()
    raw = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    heard = exchange(reply(raw), stream=False)
    assert heard.texts == ("a", "b")
    assert heard.scores == (-1.5, -2.5)
    assert heard.arrivals == ()


class Wire:
    def write(self, data):
        self.written = data


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(
    "raw",
    [
        HEAD + framed(text("one"), b"data: [DONE]\n\n"),
        HEAD + framed(),
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_reply_is_whole_however_it_is_cut(raw, size):
    async def receive():
        connection = Connection()
        connection.connection_made(Wire())
        for _ in range(2):  # and the connection can be used again
            waiting = connection.send(b"GET")
            for start in range(0, len(raw), size):
                assert not waiting.done()
                connection.data_received(raw[start : start + size])
            assert b"".join((await waiting).pieces) == raw

    asyncio.run(receive())
