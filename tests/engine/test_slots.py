import pytest

from hanabi.engine.actions import Copy
from hanabi.engine.pieces import Pieces
from hanabi.engine.prefix_tree import Match
from hanabi.engine.slots import Slots

PIECE = 4
PIECES = Pieces(size=PIECE, tile=PIECE, tiles_from=0, tiles_to=0)


def prompt(number, pieces=2):
    return tuple(range(100 * number, 100 * number + PIECE * pieces))


def used(count, *, order=()):
    """Slots that hold a prompt each, used in this order."""
    slots = Slots(count, PIECES)
    taken = [slots.take()[0] for _ in range(count)]
    for slot in taken:
        slots.hold(slot, "a", prompt(slot))
    for slot in order or taken:
        slots.give_back(slot)
    return slots


def test_neighbours_are_given_out_from_the_lowest_on():
    slots = Slots(4, PIECES)
    assert [slots.take() for _ in range(4)] == [(slot, []) for slot in range(4)]
    assert not slots


def test_where_none_is_in_use_the_least_recently_used_is_given_out():
    slots = used(4, order=(2, 0, 3, 1))
    assert slots.take() == (2, [])


def test_what_another_slot_holds_too_is_lost_first():
    slots = used(4, order=(2, 0, 3, 1))
    slots.hold(3, "a", prompt(1, pieces=1))
    assert slots.take()[0] == 3


def test_what_another_account_holds_too_is_not():
    slots = used(4, order=(2, 0, 3, 1))
    slots.hold(3, "b", prompt(1, pieces=1))
    assert slots.take()[0] == 2


def test_a_slot_whose_all_is_used_is_handed_on():
    slots = used(4)
    match = slots.match("a", (*prompt(3), 1))
    assert match == Match(2 * PIECE, frozenset({3}))
    assert slots.take(match) == (3, [])


def test_a_slot_that_holds_more_stays_while_there_is_another():
    slots = used(4)
    match = slots.match("a", (*prompt(3, pieces=1), 1))
    assert slots.take(match) == (0, [])


def test_the_source_of_a_match_was_used_just_now():
    slots = used(4)
    match = slots.match("a", (*prompt(0, pieces=1), 1))
    assert [slots.take(match)[0], slots.take()[0]] == [1, 2]
    slots = used(3)
    match = slots.match("a", (*prompt(0, pieces=1), 1))
    assert [slots.take(match)[0] for _ in range(3)] == [1, 2, 0]


def test_a_neighbour_is_given_out_and_what_it_holds_is_moved_to_the_least_recently_used():
    slots = used(6, order=(4, 5, 0, 3, 1, 2))
    assert slots.take(slots.match("a", (*prompt(2), 1))) == (2, [])
    assert slots.take() == (3, [Copy(3, 4, 2 * PIECE)])
    assert slots.match("a", (*prompt(3), 1)).slots == {3, 4}
    assert slots.match("a", (*prompt(4), 1)) == Match()


def test_a_gap_is_filled_first():
    slots = Slots(5, PIECES)
    for _ in range(4):
        slots.take()
    slots.give_back(1)
    assert slots.gaps == [1]
    assert slots.take() == (1, [])
    assert slots.gaps == []


def test_nothing_is_moved_to_where_something_better_is():
    slots = used(3, order=(0, 1, 2))
    assert slots.take()[0] == 0
    assert slots.take() == (1, [])
    assert slots.match("a", (*prompt(2), 1)).length == 2 * PIECE


def test_what_is_forgotten_is_not_found():
    slots = used(2)
    slots.forget(1)
    assert slots.match("a", (*prompt(1), 1)) == Match()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_free_slot_can_be_had(count):
    slots = used(count)
    assert sorted(slots.take()[0] for _ in range(count)) == list(range(count))
    assert not slots
