"""What a tiny model is made of: its sizes, and what its file says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Keys = Mapping[str, Any]


@dataclass(frozen=True)
class Shape:
    """The sizes of a tiny model: multiples of 256, so that K types have whole blocks.

    Attributes:
        vocabulary: tokens.
        width: floats of a token between blocks.
        heads: attention heads.
        kv_heads: heads of keys and values.
        feed_forward: width of the feed-forward layer, and of each expert.
        layers: blocks.
        context: tokens that it says it was trained for.
        window: tokens of its sliding window, where it has one.
        experts: how many; 0 for none.
    """

    vocabulary: int = 512
    width: int = 256
    heads: int = 4
    kv_heads: int = 4
    feed_forward: int = 512
    layers: int = 2
    context: int = 512
    window: int = 32
    experts: int = 0

    @property
    def head(self) -> int:
        """Floats of one head."""
        return self.width // self.heads


@dataclass(frozen=True)
class Architecture:
    """One row of the table.

    Attributes:
        name: what the tests call it: `general.architecture`, or that and what is special.
        of: `general.architecture`.
        shape: its sizes.
        keys: what its file says beyond, or instead of, the common keys, given its shape. A key
            without a dot at its front belongs to the architecture; None removes one.
    """

    name: str
    of: str
    shape: Shape = field(default_factory=Shape)
    keys: Callable[[Shape], Keys] = field(default=lambda _: {})

    @property
    def with_all_experts(self) -> "Architecture":
        """The same where each token uses every expert.

        A choice among experts that are nearly as likely falls either way for the last digit.
        """
        used = {"expert_used_count": self.shape.experts}
        return replace(self, keys=lambda shape: {**self.keys(shape), **used})


class Longs(list[int]):
    """Numbers that llama.cpp reads as 64 bits each."""
