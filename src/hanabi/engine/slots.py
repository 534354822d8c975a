"""The slots: which are free, what they hold of prompts, and which of them is given out next.

A free slot keeps what it holds, and so the free slots are the prefix cache: it takes no memory of
its own, and what nobody asks for again has cost nothing. Which slot is given out follows from two
rules. Slots in use should lie side by side, since each gap between them costs a pass through the
weights in every step. And what was used least recently should be lost first: where the slot that
lies well holds what was used later than what another free one holds, it is copied there.
"""

from collections.abc import Sequence

from hanabi.engine.actions import Copy
from hanabi.engine.pieces import Pieces
from hanabi.engine.prefix_tree import Match, PrefixTree

NOTHING = Match()


class Slots:
    """The slots of an engine, numbered from 0.

    Attributes:
        count: how many they are.
        pieces: how sequences are cut: slots hold whole pieces.
    """

    def __init__(self, count: int, pieces: Pieces) -> None:
        """Take their number and the pieces."""
        self.count = count
        self.pieces = pieces
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
        for slot in match.slots & self._free:
            self._use(slot)
        fitting = self._fitting()
        whole = [slot for slot in fitting if self._is_used_up(slot, match)]
        slot = whole[0] if whole else min(fitting, key=self._worth)
        return slot, self.take_this(slot, match)

    def take_this(self, slot: int, match: Match = NOTHING) -> list[Copy]:
        """Give out a certain free slot; what is to be copied first."""
        self._free.remove(slot)
        self._in_use.add(slot)
        others = self._free - match.slots
        if not others or self._tree.is_covered(slot) or self._is_used_up(slot, match):
            return []
        target = min(others, key=self._worth)
        if self._worth(target) > self._worth(slot):
            return []
        self._tree.copy(slot, target)
        self._last_used[target] = self._last_used[slot]
        return [Copy(slot, target, self._tree.length(slot))]

    def give_back(self, slot: int) -> None:
        """A slot is free, and keeps what it holds."""
        self._in_use.remove(slot)
        self._free.add(slot)
        self._use(slot)

    def match(self, account: str, tokens: Sequence[int]) -> Match:
        """What is held of a prompt; see PrefixTree."""
        return self._tree.match(account, tokens)

    def hold(self, slot: int, account: str, tokens: Sequence[int]) -> None:
        """A slot holds the whole pieces that these tokens begin with, and nothing else."""
        self._tree.hold(slot, account, tokens)

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

    def _is_used_up(self, slot: int, match: Match) -> bool:
        """Whether a prompt goes on with all that a slot holds."""
        return slot in match.slots and self._tree.length(slot) == match.length

    def _worth(self, slot: int) -> tuple[bool, int, int]:
        """The order in which what slots hold is lost: what others hold too goes first."""
        return (not self._tree.is_covered(slot), self._last_used[slot], slot)

    def _use(self, slot: int) -> None:
        """What a slot holds has been used now."""
        self._uses += 1
        self._last_used[slot] = self._uses
