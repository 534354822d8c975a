"""The radix tree against lists: what each slot holds, written down and compared one by one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hanabi.engine.prefix_tree import Match, PrefixTree, common_length

SLOTS = 4
accounts = st.sampled_from("ab")
# Two ids and few pieces, so that prompts share beginnings, and part in the middle of a piece.
prompts = st.lists(st.integers(0, 1), max_size=14).map(tuple)
slots = st.integers(0, SLOTS - 1)


class AgainstLists(RuleBasedStateMachine):
    @initialize(piece=st.sampled_from([1, 2, 3]))
    def start(self, piece):
        self.piece = piece
        self.tree = PrefixTree(piece)
        self.held = {}

    def whole(self, tokens):
        return tokens[: len(tokens) // self.piece * self.piece]

    @rule(slot=slots, account=accounts, tokens=prompts)
    def hold(self, slot, account, tokens):
        self.tree.hold(slot, account, tokens)
        self.held[slot] = account, self.whole(tokens)

    @rule(slot=slots, more=prompts)
    def extend(self, slot, more):
        if slot in self.held:
            account, tokens = self.held[slot]
            longer = (tokens + more)[:14]
            self.tree.extend(slot, longer)
            self.held[slot] = account, self.whole(longer)

    @rule(slot=slots)
    def forget(self, slot):
        self.tree.forget(slot)
        self.held.pop(slot, None)

    @rule(source_and_target=st.tuples(slots, slots))
    def copy(self, source_and_target):
        source, target = source_and_target
        if source != target and source in self.held:
            self.tree.copy(source, target)
            self.held[target] = self.held[source]

    @rule(pair=st.tuples(slots, slots))
    def exchange(self, pair):
        self.tree.exchange(*pair)
        held = dict(self.held)
        for slot, other in (pair, pair[::-1]):
            self.held.pop(slot, None)
            if other in held:
                self.held[slot] = held[other]

    @rule(account=accounts, tokens=prompts)
    def match(self, account, tokens):
        best = Match()
        for length in range(self.piece, len(tokens), self.piece):
            holders = frozenset(
                slot
                for slot, (whose, its) in self.held.items()
                if whose == account and its[:length] == tokens[:length]
            )
            if holders:
                best = Match(length, holders)
        assert self.tree.match(account, tokens) == best

    @invariant()
    def lengths_and_what_others_hold_too(self):
        for slot in range(SLOTS):
            account, tokens = self.held.get(slot, ("", ()))
            assert self.tree.length(slot) == len(tokens)
            others = [held for other, held in self.held.items() if other != slot]
            assert self.tree.is_covered(slot) == (
                not tokens
                or any(whose == account and its[: len(tokens)] == tokens for whose, its in others)
            )


AgainstLists.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestAgainstLists = AgainstLists.TestCase


@given(prompts, prompts)
def test_common_length(first, second):
    pairs = zip(first, second, strict=False)
    parted = (place for place, (one, other) in enumerate(pairs) if one != other)
    assert common_length(first, second) == next(parted, min(len(first), len(second)))
    assert common_length(first, first + second) == len(first)


def test_an_account_finds_nothing_of_another_one():
    tree = PrefixTree(3)
    tree.hold(0, "a", range(12))
    assert tree.match("a", range(12)) == Match(9, frozenset({0}))
    assert tree.match("b", range(12)) == Match()
    assert tree.match("", range(12)) == Match()


@pytest.mark.parametrize(("length", "found"), [(3, 0), (4, 3), (6, 3), (7, 6), (40, 9)])
def test_whole_pieces_match_and_the_last_token_never(length, found):
    tree = PrefixTree(3)
    tree.hold(2, "a", range(11))
    assert tree.match("a", range(length)).length == found


def test_what_is_forgotten_leaves_nothing_behind():
    tree = PrefixTree(1)
    for slot, tokens in enumerate([range(9), (*range(5), 9), range(3), (7, 8)]):
        tree.hold(slot, "ab"[slot % 2], tokens)
    for slot in range(4):
        tree.forget(slot)
    assert tree._root.children == {}
