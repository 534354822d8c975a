"""What the console is given to show: markdown as models write it, in pieces of a token's length."""

import re

PASSAGE = """\
## Why the *order* of events matters

A scheduler that mixes **prefill** with decode keeps every stream alive; a long prompt waits its
turn in `token_budget` pieces, and nobody hears the machine hold its breath. Three things follow:

1. The first token comes later than it could, by a few milliseconds.
2. The gaps between tokens stay even, which is what a reader sees.
3. Memory is bounded, since nothing is computed that has no place.

```python
def step(running: list[Sequence], waiting: deque[Sequence], budget: int) -> Batch:
    chunks = [Chunk(each, tokens=1) for each in running]
    room = budget - len(chunks)
    while waiting and room > 0:
        chunks.append(waiting[0].next_chunk(room))
        room -= chunks[-1].tokens
    return Batch(chunks)
```

| load | first token | gap |
|------|------------:|----:|
| one  |       41 ms | 7 ms |
| many |      180 ms | 9 ms |

> What is measured is what a person feels.

"""

PIECES = tuple(piece.encode() for piece in re.findall(r"\s?[A-Za-z_]{1,7}|\s?\d+|\s+|.", PASSAGE))
"""The passage as a model would say it: a piece a token."""


def text(tokens: int) -> str:
    """So many tokens of the passage, over and over."""
    pieces = PIECES * (tokens // len(PIECES) + 1)
    return b"".join(pieces[:tokens]).decode()
