"""Guessing a sequence's next tokens from its own text: n-gram look-up, without a second model.

Where the last tokens stood before, what followed them then is a guess at what follows now: true of
texts that are edited, summarised or quoted, and of code. The guess is decoded together with the
sequence's next token, and kept as far as the model would have chosen the same: so it changes no
token, only how many come out of a pass. (Prompt look-up decoding, Saxena 2023; vLLM's `ngram`.)
"""

from collections.abc import Sequence

from hanabi.engine.prices import Prices

NGRAM = 3
"""Tokens that must have stood before: with fewer, guesses are wrong too often."""

CHANCES = {3: 0.3, 4: 0.5, 5: 0.7, 8: 0.85}
"""How likely the next token is what followed before, by how many tokens have repeated at least;
what a sequence is taken for until it shows what it is."""

CHANCE_WEIGHT = 3
"""Tokens of a sequence that count as much as what it was taken for."""

MOST = 16
"""The longest guess, in tokens."""

ALLOWANCE = 0.02
"""The share of a sequence's steps that wrong guesses may cost it."""

FIRST_CREDIT = 4.0
"""The most that a sequence may lose before it has won anything, in steps."""

MOST_CREDIT = 8.0
"""The most that is kept of what guesses have won: a text that turns new costs no more than this."""


class Drafter:
    """The guesses of one sequence.

    How likely they are right is learned from every token for which there was a guess, made or not;
    so none is made where it is not worth its price.

    Its credit, in steps, is what guesses have won less what they have cost, and a guess may cost no
    more than there is: so a sequence that repeats nothing pays ALLOWANCE at the most. Some of that
    is there from the beginning.
    """

    def __init__(self, prompt: Sequence[int], max_tokens: int, prices: Prices) -> None:
        """Start a sequence.

        Args:
            prompt: its prompt's tokens.
            max_tokens: how many it may generate.
            prices: what guesses cost; others may change them.
        """
        self._prices = prices
        self._tokens = list(prompt)
        self._places: dict[tuple[int, ...], int] = {}
        self._indexed = 0
        self._chances = {least: [CHANCE_WEIGHT * p, CHANCE_WEIGHT] for least, p in CHANCES.items()}
        self._expected: tuple[int, int] | None = None
        self._credit = self._advance = min(FIRST_CREDIT, ALLOWANCE * max_tokens)

    @property
    def credit(self) -> float:
        """Steps that guesses may still cost."""
        return self._credit

    def append(self, token: int) -> None:
        """Take a token that the sequence has generated."""
        self._tokens.append(token)
        if self._expected is not None:
            chance, expected = self._chances[self._expected[0]], self._expected[1]
            chance[0] += token == expected
            chance[1] += 1
            self._expected = None
        if self._advance > 0:
            self._advance -= ALLOWANCE
        else:
            self._earn(ALLOWANCE)

    def draft(self, most: int) -> tuple[int, ...]:
        """A guess at the next tokens, at most `most` of them; none where there is no good one."""
        self._index()
        tokens = self._tokens
        place = self._places.get(tuple(tokens[-NGRAM:]))
        if place is None:
            return ()
        repeated = self._repeated(place)
        least = max(least for least in CHANCES if least <= repeated)
        self._expected = least, tokens[place]
        right, seen = self._chances[least]
        size = self._size(min(most, self._prices.affordable(self._credit)), right / seen)
        guess: list[int] = []
        for index in range(place, place + size):
            # A text that repeats itself at once goes on with the guess.
            behind = index - len(tokens)
            guess.append(tokens[index] if behind < 0 else guess[behind])
        return tuple(guess)

    def learn(self, drafted: int, accepted: int) -> None:
        """Note how many tokens of a guess were right."""
        self._earn(accepted - self._prices.of(drafted))

    def _size(self, most: int, chance: float) -> int:
        """How long a guess wins most, at most `most`, where each token of it has a chance."""
        best, best_won, right = 0, 0.0, 0.0
        for size in range(1, min(most, MOST) + 1):
            right += chance**size
            won = right - self._prices.of(size)
            if won > best_won:
                best, best_won = size, won
        return best

    def _index(self) -> None:
        """Note where each n-gram was last followed by a token."""
        tokens = self._tokens
        for end in range(max(self._indexed, NGRAM), len(tokens)):
            self._places[tuple(tokens[end - NGRAM : end])] = end
        self._indexed = len(tokens)

    def _repeated(self, place: int) -> int:
        """How many of the last tokens stood before `place` as well, up to MOST."""
        tokens, length = self._tokens, NGRAM
        while length < min(MOST, place) and tokens[place - length - 1] == tokens[-length - 1]:
            length += 1
        return length

    def _earn(self, steps: float) -> None:
        self._credit = min(self._credit + steps, MOST_CREDIT)
