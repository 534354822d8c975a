"""One choice: tokens in; text, ids and rows out, each as early as it is certain."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hanabi.generation.choice import ChoiceText
from hanabi.generation.echo import Echo
from hanabi.generation.events import TokenEvent
from hanabi.generation.text import TextEvent


def choice_of(tools, *stop, drop_space=False):
    vocab = tools.vocab(add_space_prefix=drop_space)
    control = frozenset(vocab.special.values())
    return ChoiceText(3, vocab, control, stop, drop_space=drop_space)


def play(choice, tokens, finish=None):
    """Add tokens, the last of them with `finish`; return what comes out of each."""
    events = []
    for position, token in enumerate(tokens):
        is_last = position == len(tokens) - 1
        events.append(choice.add(TokenEvent(3, token, finish if is_last else None)))
        if choice.finished:
            break
    return events


def play_rows(tools, choice, tokens, finish=None):
    events = []
    for position, token in enumerate(tokens):
        is_last = position == len(tokens) - 1
        row = tools.row_at(token, position, 1)
        events.append(choice.add(TokenEvent(3, token, finish if is_last else None, row)))
        if choice.finished:
            break
    return [event for event in events if event is not None]


def test_each_token_is_an_event(tools):
    assert play(choice_of(tools), b"ab", "length") == [
        TextEvent(3, "a", (0x61,)),
        TextEvent(3, "b", (0x62,), (), "length"),
    ]


def test_an_unfinished_character_is_no_event_and_its_id_comes_with_the_rest(tools):
    ids = (tools.UNFINISHED, tools.REST)
    assert play(choice_of(tools), ids) == [None, TextEvent(3, "✓!", ids)]


def test_an_unfinished_character_comes_out_at_the_end_as_replacement(tools):
    ids = (0x61, tools.UNFINISHED)
    assert play(choice_of(tools), ids, "length")[-1] == TextEvent(
        3, "\ufffd", ids[1:], (), "length"
    )


def test_an_end_token_has_an_id_and_no_text(tools):
    choice = choice_of(tools)
    assert play(choice, (0x61, tools.EOS), "stop")[-1] == TextEvent(3, "", (tools.EOS,), (), "stop")
    assert choice.finished


def test_an_end_token_with_a_plain_piece_has_no_text_either(tools):
    assert play(choice_of(tools), (tools.WORD,), "stop") == [
        TextEvent(3, "", (tools.WORD,), (), "stop")
    ]


def test_a_control_token_in_the_middle_has_no_text(tools):
    tokens = (0x61, tools.END, 0x62)
    assert play(choice_of(tools), tokens) == [
        TextEvent(3, "a", (0x61,)),
        None,
        TextEvent(3, "b", (tools.END, 0x62)),
    ]


def test_nothing_generated_ends_with_length(tools):
    assert choice_of(tools).add(TokenEvent(3, None, "length")) == TextEvent(3, "", (), (), "length")


def test_a_stop_string_ends_the_choice_and_does_not_show(tools):
    choice = choice_of(tools, "\n\n")
    assert play(choice, b"a\n\nb") == [
        TextEvent(3, "a", (0x61,)),
        None,
        TextEvent(3, "", (0x0A, 0x0A), (), "stop"),
    ]
    assert choice.finished


def test_a_stop_string_at_the_last_token_is_a_stop(tools):
    assert play(choice_of(tools, "b"), b"ab", "length")[-1].finish_reason == "stop"


@pytest.mark.parametrize(("finish", "tail"), [("length", b"\n"), ("stop", b"\n\xff")])
def test_what_was_held_for_a_stop_string_comes_out_at_the_end(tools, finish, tail):
    last = play(choice_of(tools, "\n\n"), b"a" + tail, finish)[-1]
    assert (last.text, last.finish_reason) == ("\n", finish)


def test_a_stop_string_can_end_with_what_the_end_of_the_bytes_makes(tools):
    events = play(choice_of(tools, "\ufffd"), (0x61, tools.UNFINISHED), "length")
    assert (events[-1].text, events[-1].finish_reason) == ("", "stop")


def test_a_completion_keeps_its_first_space_and_a_reply_does_not(tools):
    assert play(choice_of(tools), (tools.SPACED,))[0].text == " word"
    reply = play(choice_of(tools, drop_space=True), (tools.SPACED, tools.SPACED))
    assert [event.text for event in reply] == ["word", " word"]


def test_only_the_space_of_the_first_piece_is_dropped(tools):
    events = play(choice_of(tools, drop_space=True), (tools.END, 0x20, 0x20, 0x61))
    assert "".join(event.text for event in events if event) == " a"


def test_a_dropped_space_moves_the_offsets(tools):
    events = play_rows(tools, choice_of(tools, drop_space=True), (tools.SPACED, 0x61))
    assert [(row.token, row.text_offset) for event in events for row in event.rows] == [
        (" word", 0),
        ("a", 4),
    ]


def test_rows_come_at_once_inside_an_unfinished_character(tools):
    events = play_rows(tools, choice_of(tools), (tools.UNFINISHED, tools.REST, 0x61))
    assert [event.text for event in events] == ["", "✓!", "a"]
    assert [[row.text_offset for row in event.rows] for event in events] == [[0], [0], [2]]


def test_a_row_waits_only_where_a_stop_string_could_move_it(tools):
    choice = choice_of(tools, "abc")
    events = play_rows(tools, choice, b"xabd")
    assert [(event.text, [row.text_offset for row in event.rows]) for event in events] == [
        ("x", [0]),
        ("", [1]),
        ("abd", [2, 3]),
    ]


def test_rows_of_a_stop_string_stand_at_the_end_of_the_text(tools):
    events = play_rows(tools, choice_of(tools, "abc"), b"xabc")
    assert [(event.text, [row.text_offset for row in event.rows]) for event in events] == [
        ("x", [0]),
        ("", [1]),
        ("", [1, 1]),
    ]
    assert events[-1].finish_reason == "stop"


def test_an_echo_moves_the_offsets(tools):
    choice = choice_of(tools)
    echo = Echo("prompt", (1, 2), (b"pro", b"mpt"))
    assert choice.begin(echo, ()) == TextEvent(3, "prompt", (1, 2))
    assert play_rows(tools, choice, b"a")[0].rows[0].text_offset == 6


IDS = st.one_of(st.integers(0x61, 0x63), st.integers(0, 262))


@given(
    tokens=st.lists(IDS, min_size=1, max_size=20),
    stop=st.lists(st.text("abc✓!", min_size=1, max_size=4), max_size=3).map(tuple),
    finish=st.sampled_from(["length", "stop"]),
    echoed=st.text(max_size=3),
)
@example([0x61, 0x62, 0x61], ("abc", "ba"), "length", "")
@example([259, 0x61, 260], ("\ufffda",), "length", "é")
def test_rows_ids_and_text_are_those_of_the_whole(tools, tokens, stop, finish, echoed):
    """Against the naive way: decode all bytes, cut at the stop string, count characters."""
    choice = choice_of(tools, *stop)
    if echoed:
        choice.begin(Echo(echoed, (), ()), ())
    events = play_rows(tools, choice, tokens, finish)

    text = echoed + "".join(event.text for event in events)
    rows = [row for event in events for row in event.rows]
    ids = [token for event in events for token in event.token_ids]
    used = tokens[: len(ids)]
    silent = {tools.BOS, tools.EOS, tools.END}
    pieces = [b"" if token in silent else tools.vocab().pieces[token] for token in used]
    if finish == "stop" and len(used) == len(tokens):
        pieces[-1] = b""
    decoded = b"".join(pieces).decode("utf-8", "replace")

    assert ids == used
    assert [row.token_id for row in rows] == ids
    assert [event.finish_reason for event in events[:-1]] == [None] * (len(events) - 1)
    assert (echoed + decoded).startswith(text)
    assert not any(string in text[len(echoed) :] for string in stop)
    if text != echoed + decoded:
        assert events[-1].finish_reason == "stop"
    before = b""
    for row, piece in zip(rows, pieces, strict=True):
        natural = len((before + piece[:1]).decode("utf-8", "replace")) - (1 if piece else 0)
        if piece:
            assert row.text_offset == len(echoed) + min(natural, len(text) - len(echoed))
        assert row.text_offset <= len(text)
        before += piece
    offsets = [row.text_offset for row in rows]
    assert offsets == sorted(offsets)


@given(tokens=st.lists(IDS, min_size=1, max_size=20), stop=st.sampled_from([(), ("ab",), ("bca",)]))
def test_text_does_not_depend_on_rows(tools, tokens, stop):
    plain = [event for event in play(choice_of(tools, *stop), tokens, "length") if event]
    rows = play_rows(tools, choice_of(tools, *stop), tokens, "length")
    assert "".join(event.text for event in plain) == "".join(event.text for event in rows)
    assert sum([event.token_ids for event in plain], ()) == sum(
        [event.token_ids for event in rows], ()
    )
    assert plain[-1].finish_reason == rows[-1].finish_reason
