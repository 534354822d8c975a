"""When requests arrive and how long they are, the same for every side: pure, by seeds."""

import random
from dataclasses import dataclass
from itertools import accumulate

PROMPT_WORDS = (10, 60, 250)
"""Words of a short, a usual and a long question; they are equally frequent."""


@dataclass(frozen=True)
class Arrival:
    """One request of a schedule.

    Attributes:
        at: seconds after the start.
        words: of its question, at least.
        tokens: that it asks for.
    """

    at: float
    words: int
    tokens: int


def poisson(count: int, rate: float, most_tokens: int, seed: int) -> list[Arrival]:
    """A Poisson process of requests of mixed lengths.

    Args:
        count: requests.
        rate: requests a second, on average; the gaps between them are exponential.
        most_tokens: the longest reply; lengths are even from a quarter of it up.
        seed: the same seed gives the same schedule.
    """
    draw = random.Random(seed)
    times = accumulate(draw.expovariate(rate) for _ in range(count))
    return [
        Arrival(at, draw.choice(PROMPT_WORDS), draw.randint(max(1, most_tokens // 4), most_tokens))
        for at in times
    ]
