"""What a guess at the next tokens costs on this machine, learned from the decodes themselves.

A pass of k more tokens takes about PASS + k * TOKEN times the time of a pass of one more than that.
Both depend on the processor, the weights and the context: on two cores with the bundled Q4_1
weights 0.40 and 0.42 with AVX-512; with AMX, whose kernels are for many tokens, 0.9 and 0.16 behind
60 tokens, and 0.3 and 0.37 behind 1,000, where most of the time is attention's.
"""

import msgspec

PRIOR = 0.6, 0.3
"""PASS and TOKEN before anything was seen."""

PRIOR_AT = 1, 16
"""The sizes of guess for which the prior counts as much as one that was seen."""

MEMORY = 0.95
"""What an observation counts for after the next one."""

STEP_MEMORY = 0.9
"""The same for steps of one token."""

OUTLIER = 3.0
"""Times what was expected: what takes longer was held up by something else, and counts as this."""

LEAST = 0.01
"""Steps that any guess, and any token of one, costs at least."""


class Prices(msgspec.Struct):
    """The prices of one engine, in steps of one token.

    The line through what guesses have cost, by least squares in which older ones count less.

    Attributes:
        per_pass: what a guess costs whatever its size.
        per_token: what each of its tokens costs beside.
        step: seconds of a step of one token; 0 until one was seen.
    """

    per_pass: float = PRIOR[0]
    per_token: float = PRIOR[1]
    step: float = 0.0
    _count: float = 0.0
    _sizes: float = 0.0
    _squares: float = 0.0
    _costs: float = 0.0
    _products: float = 0.0

    def of(self, tokens: int) -> float:
        """What a guess of so many tokens costs."""
        return self.per_pass + self.per_token * tokens

    def affordable(self, credit: float) -> int:
        """The tokens of the largest guess that costs no more than `credit`; 0 where there is none.

        Never more than a million.
        """
        return max(0, int(min((credit - self.per_pass) / self.per_token, 1e6)))

    def note(self, tokens: int, seconds: float) -> None:
        """A lone sequence's decode took so long, with a guess of so many tokens, 0 for none."""
        if seconds <= 0:
            return
        if not tokens:
            step = self.step or seconds
            seconds = min(seconds, OUTLIER * step)
            self.step = STEP_MEMORY * step + (1 - STEP_MEMORY) * seconds
        elif self.step:
            cost = min(seconds / self.step - 1, OUTLIER * self.of(tokens))
            self._learn(tokens, cost)

    def _learn(self, tokens: int, cost: float) -> None:
        """Take an observation, and lay the line anew."""
        self._count = MEMORY * self._count + 1
        self._sizes = MEMORY * self._sizes + tokens
        self._squares = MEMORY * self._squares + tokens**2
        self._costs = MEMORY * self._costs + cost
        self._products = MEMORY * self._products + tokens * cost
        # The prior keeps the line from being any one while all guesses were of one size.
        expected = [PRIOR[0] + PRIOR[1] * size for size in PRIOR_AT]
        count = self._count + len(PRIOR_AT)
        sizes = self._sizes + sum(PRIOR_AT)
        squares = self._squares + sum(size**2 for size in PRIOR_AT)
        costs = self._costs + sum(expected)
        products = self._products + sum(
            size * price for size, price in zip(PRIOR_AT, expected, strict=True)
        )
        slope = (count * products - sizes * costs) / (count * squares - sizes**2)
        self.per_token = max(slope, LEAST)
        self.per_pass = max((costs - self.per_token * sizes) / count, LEAST)
