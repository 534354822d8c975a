"""Which slots hold which beginnings of prompts: a radix tree of token ids for each account.

An edge is a whole piece of tokens. What a slot holds of it is the same to the last bit whichever
prompt it was computed for, and a part of it need not be; see `pieces`.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self


class Match(NamedTuple):
    """The longest beginning of a prompt that is held, and by which slots.

    Attributes:
        length: its tokens, whole pieces; 0 where no slot holds any of it.
        slots: all that hold it; they may hold more.
    """

    length: int = 0
    slots: frozenset[int] = frozenset()


class _Node:
    """The end of a beginning.

    Attributes:
        parent: the beginning without its last edge; None for the root.
        edge: that last edge.
        children: the longer ones, by their next edge.
        slots: those that hold it.
    """

    __slots__ = ("children", "edge", "parent", "slots")

    def __init__(self, parent: Self | None = None, edge: str | tuple[int, ...] = "") -> None:
        self.parent = parent
        self.edge = edge
        self.children: dict[str | tuple[int, ...], Self] = {}
        self.slots: set[int] = set()


class PrefixTree:
    """What each slot holds of a prompt of one account, in whole pieces.

    The first edge of every path is the account: no path leads from one's prompts to another's.
    """

    def __init__(self, piece: int) -> None:
        """Take the tokens of a piece."""
        self._piece = piece
        self._root = _Node()
        self._paths: dict[int, list[_Node]] = {}

    def match(self, account: str, tokens: Sequence[int]) -> Match:
        """The longest beginning of a prompt that slots hold for this account.

        Never the whole prompt: its last token has to be computed, for the logits after it.
        """
        node = self._root.children.get(account)
        if node is None:
            return Match()
        length = 0
        while length + self._piece < len(tokens):
            child = node.children.get(tuple(tokens[length : length + self._piece]))
            if child is None:
                break
            node = child
            length += self._piece
        return Match(length, frozenset(node.slots)) if length else Match()

    def hold(self, slot: int, account: str, tokens: Sequence[int]) -> None:
        """From now on a slot holds the whole pieces that `tokens` begin with, and nothing else."""
        self.forget(slot)
        self._paths[slot] = []
        self._add(slot, self._root, account)
        self.extend(slot, tokens)

    def extend(self, slot: int, tokens: Sequence[int]) -> None:
        """A slot holds all whole pieces of `tokens`, whose beginning it was said to hold before."""
        for start in range(self.length(slot), len(tokens) - self._piece + 1, self._piece):
            piece = tuple(tokens[start : start + self._piece])
            self._add(slot, self._paths[slot][-1], piece)

    def forget(self, slot: int) -> None:
        """A slot holds nothing any more."""
        for node in reversed(self._paths.pop(slot, [])):
            node.slots.remove(slot)
            if not node.slots and node.parent is not None:
                del node.parent.children[node.edge]

    def knows(self, slot: int) -> bool:
        """Whether anything was said of a slot since it was forgotten."""
        return slot in self._paths

    def length(self, slot: int) -> int:
        """The tokens that a slot holds."""
        return max(0, len(self._paths.get(slot, ())) - 1) * self._piece

    def is_covered(self, slot: int) -> bool:
        """Whether nothing is lost with what a slot holds: it is nothing, or others hold it too."""
        return not self.length(slot) or len(self._paths[slot][-1].slots) > 1

    def copy(self, source: int, target: int) -> None:
        """`target` holds what `source` holds."""
        path = list(self._paths.get(source, ()))
        self.forget(target)
        for node in path:
            node.slots.add(target)
        self._paths[target] = path

    def _add(self, slot: int, parent: _Node, edge: str | tuple[int, ...]) -> None:
        """Lead a slot's path over one more edge."""
        node = parent.children.get(edge)
        if node is None:
            node = parent.children[edge] = _Node(parent, edge)
        node.slots.add(slot)
        self._paths[slot].append(node)
