"""How many threads a decode gets: fewer while other programs want the processors."""

FAIR_SHARE = 0.8
"""Of the processor time that its threads could have had, what a decode gets on a quiet machine at
least. They spin while they wait for one another, so anything less was taken by someone else. A busy
neighbour on two cores leaves 0.58 to 0.76; our own server and a client beside steps of 4 ms 0.96 to
0.99. (By the process's clock, which lags, it seemed to be 0.64 to 0.88, and a lone stream lost a
fifth to a third of its tokens to a neighbour who was not there.)"""

WINDOW = 0.2
"""Seconds of decoding that are looked at together: a single interruption is no verdict."""

FIRST_PAUSE = 0.25
"""Seconds of decoding with fewer threads before all of them are tried again; doubled up to
LAST_PAUSE while they are still in the way. Short, since virtual machines lose a processor for a
moment now and then."""

LAST_PAUSE = 4.0


class Threads:
    """Watches decodes and says how many threads the next one should have.

    llama.cpp's threads meet at a barrier after each operation, hundreds of times a decode. When
    one of them has lost its processor to another program all others wait for it, and more
    threads are slower than few: with one busy neighbour on two cores 7 to 25 tokens/s were seen
    from two threads, and 57 from one.

    Attributes:
        count: threads for the next decode, 1 to `most`.
    """

    def __init__(self, most: int) -> None:
        """Start with all of them."""
        self.count = most
        self._most = most
        self._pause = FIRST_PAUSE / 2  # doubled by the first that is needed
        self._wall = self._cpu = 0.0

    def note(self, wall: float, cpu: float) -> None:
        """Take note of a decode.

        Args:
            wall: the seconds that it took.
            cpu: the processor seconds that the process spent meanwhile, over all threads.
        """
        self._wall += wall
        self._cpu += cpu
        if self.count < self._most and self._wall < self._pause:
            return
        if self._wall < WINDOW:
            return
        share = self._cpu / (self._wall * self.count)
        self._wall = self._cpu = 0.0
        if self.count < self._most:
            self.count = self._most
        elif share >= FAIR_SHARE:
            self._pause = FIRST_PAUSE / 2
        elif self._most > 1:
            self.count = max(1, min(self._most - 1, int(share * self._most)))
            self._pause = min(2 * self._pause, LAST_PAUSE)
