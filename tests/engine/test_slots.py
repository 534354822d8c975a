import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hanabi.engine.actions import Copy, Move
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


def test_a_sequence_moves_and_what_was_there_takes_its_place():
    slots = used(4, order=(0, 1, 2, 3))
    taken = [slots.take()[0] for _ in range(3)]
    for slot in taken:
        slots.hold(slot, "a", prompt(10 + slot))
    slots.give_back(taken[1])
    assert slots.move(taken[2], taken[1]) == Move(taken[2], taken[1], 2 * PIECE)
    assert slots.match("a", (*prompt(12), 1)).slots == {taken[1]}
    assert slots.match("a", (*prompt(11), 1)).slots == {taken[2]}
    slots.give_back(taken[1])
    assert slots.match("a", (*prompt(3), 1)).slots == {3}, "the free one was left alone"


def test_what_is_of_no_worth_is_not_moved():
    slots = Slots(3, PIECES)
    for _ in range(3):
        slots.take()
    slots.hold(2, "a", prompt(2))
    slots.give_back(1)
    assert slots.move(2, 1) == Move(2, 1, 0)
    assert slots.match("a", (*prompt(2), 1)).slots == {1, 2}


class AgainstContents(RuleBasedStateMachine):
    """Carries out what it is told on lists of tokens, as the loop does on the KV cache."""

    pieces = Pieces(size=1, tile=1, tiles_from=0, tiles_to=0, worth=3)
    count = 4

    def __init__(self):
        super().__init__()
        self.slots = Slots(self.count, self.pieces)
        self.contents = [()] * self.count
        self.in_use = set()

    @precondition(lambda self: len(self.in_use) < self.count)
    @rule(tokens=st.lists(st.integers(0, 1), min_size=1, max_size=8).map(tuple))
    def take(self, tokens):
        slot, copies = self.slots.take(self.slots.match("a", tokens))
        for source, target, kept in copies:
            self.contents[source] = self.contents[source][:kept]
            self.contents[target] = self.contents[source]
        assert slot not in self.in_use
        self.in_use.add(slot)
        self.slots.hold(slot, "a", tokens)
        self.contents[slot] = tokens

    @precondition(lambda self: self.in_use)
    @rule(data=st.data())
    def give_back(self, data):
        slot = data.draw(st.sampled_from(sorted(self.in_use)))
        self.in_use.remove(slot)
        self.slots.give_back(slot)

    @precondition(lambda self: self.slots.gaps)
    @rule()
    def move(self):
        gap, highest = self.slots.gaps[0], max(self.in_use)
        before = list(self.contents)
        source, target, kept = self.slots.move(highest, gap)
        assert (source, target) == (highest, gap)
        mine, free = self.contents[source], self.contents[target][:kept]
        self.contents[target] = mine
        if kept:
            self.contents[source] = free
        self.in_use.remove(source)
        self.in_use.add(target)
        for content in before:
            worthless = len(content) < self.pieces.worth
            assert worthless or any(held[: len(content)] == content for held in self.contents)

    @invariant()
    def what_is_said_to_be_held_is_held(self):
        for slot, content in enumerate(self.contents):
            match = self.slots.match("a", (*content, 0), slot)
            assert match.length <= len(content)
            if content:
                assert match == (len(content), self.slots.match("a", (*content, 0)).slots)


AgainstContents.TestCase.settings = settings(
    max_examples=150, stateful_step_count=30, deadline=None
)
TestAgainstContents = AgainstContents.TestCase
