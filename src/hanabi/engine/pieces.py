"""Into which pieces sequences are cut, for the prefix cache and for the kernels."""

import msgspec


class Pieces(msgspec.Struct, frozen=True):
    """The cuts of every sequence.

    Between two positions the tokens of prompts are computed by a kernel that is faster for many of
    them, and rounds differently; all of them, and no others. So what is computed of a prompt does
    not depend on who asks, on what was there already and on what runs beside it.

    Attributes:
        size: tokens of a piece of the prefix cache, which takes whole ones.
        tile: tokens of one sequence that the kernel for many takes at the least.
        tiles_from: the position from which on it is used; a multiple of `size`.
        tiles_to: the position up to which it is; likewise. Behind it there is no room for a tile.
        worth: the fewest tokens that are worth a copy, or a wait for whoever computes them.
    """

    size: int
    tile: int
    tiles_from: int
    tiles_to: int
    worth: int = 1

    def chunk(self, position: int, rest: int, most: int) -> int:
        """How many of the `rest` tokens from a position on a decode computes; at most `most`."""
        for border in (self.tiles_from, self.tiles_to):
            if position < border:
                return min(rest, most, border - position)
        return min(rest, most)

    def is_tiled(self, position: int) -> bool:
        """Whether prompts are computed by the kernel for many from a position on."""
        return self.tiles_from <= position < self.tiles_to
