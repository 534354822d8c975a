"""What waits for a slot: the keys take turns, and within a key it is first come first served."""

from collections import deque
from collections.abc import Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Queues of several keys. A key with 100 entries does not make a key with one wait for them."""

    def __init__(self) -> None:
        """Start empty."""
        self._by_key: dict[str, deque[T]] = {}
        self._turns = 0
        self._last_turn: dict[str, int] = {}

    def __len__(self) -> int:
        """How many entries wait."""
        return sum(map(len, self._by_key.values()))

    def __contains__(self, entry: T) -> bool:
        """Whether an entry waits."""
        return any(entry in entries for entries in self._by_key.values())

    def push(self, key: str, entry: T) -> None:
        """Add an entry behind the others of its key."""
        self._by_key.setdefault(key, deque()).append(entry)

    def push_first(self, key: str, entry: T) -> None:
        """Add an entry before the others of its key."""
        self._by_key.setdefault(key, deque()).appendleft(entry)

    def next_key(self, held: Mapping[str, int]) -> str:
        """Whose turn it is: of the keys with the fewest slots, the one last served longest ago.

        Args:
            held: slots by key; a key that is missing holds none.
        """
        return min(self._by_key, key=lambda key: (held.get(key, 0), self._last_turn.get(key, 0)))

    def pop(self, key: str) -> T:
        """Take the first entry of a key, which has had its turn then."""
        self._turns += 1
        self._last_turn[key] = self._turns
        entry = self._by_key[key][0]
        self.remove(key, entry)
        return entry

    def remove(self, key: str, entry: T) -> None:
        """Take an entry out, wherever it stands."""
        entries = self._by_key[key]
        entries.remove(entry)
        if not entries:
            del self._by_key[key]
