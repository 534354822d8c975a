"""The slots: which are free, what they hold of prompts, and which of them is given out next.

A free slot keeps what it holds, and so the free slots are the prefix cache: it takes no memory of
its own, and what nobody asks for again has cost nothing. Which slot is given out follows from two
rules. Slots in use should lie side by side, since each gap between them costs a pass through the
weights in every step. And what was used least recently should be lost first: where the slot that
lies well holds what was used later than what another free one holds, it is copied there.
"""

from collections.abc import Sequence

from hanabi.engine.actions import Copy, Move
from hanabi.engine.cuts import Cuts
from hanabi.engine.pieces import Pieces
from hanabi.engine.prefix_tree import Match, PrefixTree

NOTHING = Match()


class Slots:
    """The slots of an engine, numbered from 0.

    Attributes:
        count: how many they are.
        pieces: how sequences are cut, of which slots hold whole pieces.
        cuts: where the slots can be cut back. What a restored slot holds is used for other prompts
            only where that is anywhere.
    """

    def __init__(self, count: int, pieces: Pieces, cuts: Cuts = Cuts.ANYWHERE) -> None:
        """Take their number, the pieces, and where the slots can be cut back."""
        self.count = count
        self.pieces = pieces
        self.cuts = cuts
        self._free = set(range(count))
        self._in_use: set[int] = set()
        self._tree = PrefixTree(pieces.size)
        self._last_used = [0] * count
        self._uses = 0

    def __bool__(self) -> bool:
        """Whether one is free."""
        return bool(self._free)

    @property
    def gaps(self) -> list[int]:
        """The free ones between those in use, in order."""
        if not self._in_use:
            return []
        return sorted(self._free.intersection(range(min(self._in_use), max(self._in_use))))

    def take(self, match: Match = NOTHING) -> tuple[int, list[Copy]]:
        """Give out the free slot that is best for a prompt, at least one being free.

        It still holds what it held, until `hold` is told what else. The copies are to be made
        before anything else uses it.

        Args:
            match: what is held of the prompt.
        """
        holders = match.slots & self._free
        if holders:  # one is enough, and it is not to be lost before the prompt begins
            self._use(max(holders, key=self._last_used.__getitem__))
        fitting = self._fitting()
        whole = [slot for slot in fitting if self._is_used_up(slot, match)]
        slot = whole[0] if whole else min(fitting, key=self._rank)
        self._free.remove(slot)
        self._in_use.add(slot)
        return slot, [] if whole else self._saved(slot)

    def move(self, source: int, target: int) -> Move:
        """Take a free slot in exchange for one in use, with all that both hold."""
        self._free.remove(target)
        self._in_use.add(target)
        self._in_use.remove(source)
        self._free.add(source)
        can_exchange = self.cuts is Cuts.ANYWHERE  # the source is restored from what was saved
        kept = self._tree.length(target) if can_exchange and self._is_of_worth(target) else 0
        if kept:
            self._tree.exchange(source, target)
            self._last_used[source] = self._last_used[target]
        else:
            self._tree.copy(source, target)
        return Move(source, target, kept)

    def give_back(self, slot: int) -> None:
        """A slot is free, and keeps what it holds."""
        self._in_use.remove(slot)
        self._free.add(slot)
        self._use(slot)

    def match(self, account: str, tokens: Sequence[int], slot: int | None = None) -> Match:
        """What is held of a prompt, by all or by one slot; see PrefixTree."""
        return self._tree.match(account, tokens, slot)

    def hold(self, slot: int, account: str, tokens: Sequence[int]) -> None:
        """A slot holds the whole pieces that these tokens begin with, and nothing else."""
        self._tree.hold(slot, account, tokens)

    def restored(self, slot: int, account: str, tokens: Sequence[int]) -> None:
        """A slot was restored from a saved state that begins with these tokens."""
        if self.cuts is Cuts.ANYWHERE:
            self.hold(slot, account, tokens)
        else:
            self.forget(slot)

    def extend(self, slot: int, tokens: Sequence[int]) -> None:
        """A slot holds all whole pieces of `tokens`, whose beginning it was said to hold before.

        A slot that was to be forgotten stays so.
        """
        if self._tree.knows(slot):
            self._tree.extend(slot, tokens)

    def forget(self, slot: int) -> None:
        """What a slot holds is not to be used again."""
        self._tree.forget(slot)

    def _fitting(self) -> list[int]:
        """The free slots next to which others are in use; all where none is, gaps where any is."""
        if not self._in_use:
            return sorted(self._free)
        lowest, highest = min(self._in_use), max(self._in_use)
        return self.gaps or sorted(self._free & {lowest - 1, highest + 1})

    def _saved(self, slot: int) -> list[Copy]:
        """Copy what a slot holds over what is lost before it, if there is such a thing."""
        if not self._free or not self._is_of_worth(slot):
            return []
        target = min(self._free, key=self._rank)
        if self._rank(target) > self._rank(slot):
            return []
        self._tree.copy(slot, target)
        self._last_used[target] = self._last_used[slot]
        return [Copy(slot, target, self._tree.length(slot))]

    def _is_used_up(self, slot: int, match: Match) -> bool:
        """Whether a prompt goes on with all that a slot holds, or all but too little to matter."""
        left = self._tree.length(slot) - match.length
        return slot in match.slots and left < self.pieces.worth

    def _is_of_worth(self, slot: int) -> bool:
        """Whether anything is lost with what a slot holds."""
        return self._tree.length(slot) >= self.pieces.worth and not self._tree.is_covered(slot)

    def _rank(self, slot: int) -> tuple[bool, int, int]:
        """The order in which what slots hold is lost: what is of no worth goes first."""
        return (self._is_of_worth(slot), self._last_used[slot], slot)

    def _use(self, slot: int) -> None:
        """What a slot holds has been used now."""
        self._uses += 1
        self._last_used[slot] = self._uses
