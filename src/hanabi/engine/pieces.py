"""Into which pieces prompts are cut, for the prefix cache and for the kernels."""

import msgspec


class Pieces(msgspec.Struct, frozen=True):
    """The cuts of every sequence: short pieces at its beginning, tiles from a position on.

    A tile is what one decode computes of a prompt with a kernel that is faster for so many tokens,
    and rounds differently. So that what is computed does not depend on who asks, each whole tile
    of a prompt goes through it, and nothing else does.

    Attributes:
        short: tokens of a piece before `tiles_from`; divides it.
        tile: tokens of a tile; as many as one decode computes of a sequence at the most.
        tiles_from: the position from which on there are tiles; a multiple of `tile`.
    """

    short: int
    tile: int
    tiles_from: int

    def at(self, position: int) -> int:
        """The tokens of the piece that begins at a position where one begins."""
        return self.short if position < self.tiles_from else self.tile

    def chunk(self, position: int, rest: int) -> int:
        """How many of the `rest` tokens from a position on, 1 or more, a decode computes."""
        if position < self.tiles_from:
            return min(rest, self.tile, self.tiles_from - position)
        return min(rest, self.tile)

    def is_tile(self, position: int, size: int) -> bool:
        """Whether what `chunk` gave is a tile."""
        return position >= self.tiles_from and size == self.tile
