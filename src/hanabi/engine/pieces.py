"""Into which pieces prompts are cut, for the prefix cache and for the kernels."""

import msgspec


class Pieces(msgspec.Struct, frozen=True):
    """The cuts of every sequence: short pieces at its beginning, tiles from a position on.

    A tile is what one decode computes of a prompt with a kernel that is faster for so many tokens,
    and rounds differently. So that what is computed does not depend on who asks, each whole tile
    of a prompt goes through it, and nothing else does.

    Attributes:
        short: tokens of a piece before `tiles_from`; divides it.
        tile: tokens of a tile.
        tiles_from: the position from which on there are tiles; a multiple of `tile`.
    """

    short: int
    tile: int
    tiles_from: int

    def at(self, position: int) -> int:
        """The tokens of the piece that begins at a position where one begins."""
        return self.short if position < self.tiles_from else self.tile

    def chunk(self, position: int, rest: int, most: int) -> int:
        """How many of the `rest` tokens from a position on a decode computes.

        At most `most`, which is a tile or more; tiles are not cut, and do not share a decode with
        what is none.
        """
        if position < self.tiles_from:
            return min(rest, most, self.tiles_from - position)
        if rest < self.tile:
            return rest
        return min(rest, most) // self.tile * self.tile

    def is_tiled(self, position: int, size: int) -> bool:
        """Whether what `chunk` gave is tiles."""
        return position >= self.tiles_from and size >= self.tile
