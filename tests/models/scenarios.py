"""What is asked of each model: one reply in ten ways, each against one computed cold and alone."""

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

import numpy as np

from hanabi.engine.llama import LlamaRunner

from .driver import GENERATED, TOP, Driver, NoProbabilitiesError, Reply
from .outcome import BOUND, Kind, Outcome, distance, same_tokens

PROMPT = 100
"""Tokens of the prompt: three windows."""

SHARED = 70
"""Tokens that a partly cached prompt has in common with it."""

NEIGHBOURS = (5, 17, 33, 64, 65, 129, 150, 200)
"""Lengths of the prompts beside it."""

BRIEFLY = 10
"""Tokens of a neighbour's reply."""

DRAFTED = 120
"""Tokens of a reply that is drafted: guesses have to be afforded first."""


def tokens_of(seed: int, length: int, vocabulary: int) -> tuple[int, ...]:
    """Random tokens: no control tokens, no bytes."""
    random = np.random.default_rng(seed)
    return (1, *(int(token) for token in random.integers(259, vocabulary, length - 1)))


class Scenarios:
    """All scenarios of one model.

    Each compares replies with those of a fresh loop that has nothing else to do.
    """

    def __init__(self, runner: LlamaRunner) -> None:
        """Take a runner of four slots."""
        self._runner = runner
        self._size = runner.vocab.size
        self.prompt = self._tokens(0, PROMPT)
        self._alone: dict[tuple[int, ...], Reply] = {}
        self.all: dict[str, Callable[[], Outcome]] = {
            "scored": self._scored,
            "cached": self._cached,
            "partly cached": self._partly_cached,
            "next turn": self._next_turn,
            "neighbours": self._neighbours,
            "n: 7": self._seven,
            "paused": self._paused,
            "cancelled": self._cancelled,
            "drafted": self._drafted,
        }

    def run(self, names: Sequence[str]) -> Iterator[Outcome]:
        """The outcome of each."""
        for name in names:
            began = perf_counter()
            try:
                outcome = self.all[name]()
            except NoProbabilitiesError as error:
                outcome = Outcome(name, Kind.NO_PROBABILITIES, note=str(error))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a result
                outcome = Outcome(name, Kind.FAILED, note=f"{type(error).__name__}: {error}")
            yield Outcome(
                name, outcome.kind, outcome.nats, outcome.note, round(perf_counter() - began, 3)
            )

    def alone(self, prompt: tuple[int, ...]) -> Reply:
        """The reply to a prompt, computed cold and alone."""
        if prompt not in self._alone:
            driver = Driver(self._runner)
            number = driver.submit(prompt, max_tokens=self._length(prompt))
            self._alone[prompt] = driver.reply(number)
        return self._alone[prompt]

    def _length(self, prompt: tuple[int, ...]) -> int:
        """The tokens of its reply: neighbours are there for the prompt's sake."""
        begins = prompt[:SHARED] == self.prompt[:SHARED]
        return GENERATED if begins else BRIEFLY

    def scores(self, tokens: tuple[int, ...]) -> Reply:
        """The logprobs of every place of a text, cold and alone."""
        driver = Driver(self._runner)
        return driver.reply(driver.submit(tokens, max_tokens=0, logprobs=None, prompt_logprobs=TOP))

    def _tokens(self, seed: int, length: int) -> tuple[int, ...]:
        return tokens_of(seed, length, self._size)

    def _scored(self) -> Outcome:
        """What was generated, against the same text scored as a prompt."""
        reply = self.alone(self.prompt)
        scored = self.scores((*self.prompt, *reply.tokens)).prompt_rows[PROMPT:]
        return self._judge("scored", [(reply.tokens, scored, reply.tokens, reply.rows)])

    def _cached(self) -> Outcome:
        driver = Driver(self._runner)
        driver.reply(driver.submit(self.prompt))
        again = driver.reply(driver.submit(self.prompt))
        return self._compare("cached", [(self.prompt, again)], f"{again.cached} cached")

    def _partly_cached(self) -> Outcome:
        driver = Driver(self._runner)
        driver.reply(driver.submit(self.prompt))
        other = (*self.prompt[:SHARED], *self._tokens(1, 31)[1:])
        reply = driver.reply(driver.submit(other))
        return self._compare("partly cached", [(other, reply)], f"{reply.cached} cached")

    def _next_turn(self) -> Outcome:
        driver = Driver(self._runner)
        first = driver.reply(driver.submit(self.prompt))
        second = (*self.prompt, *first.tokens, *self._tokens(2, 21)[1:])
        reply = driver.reply(driver.submit(second))
        return self._compare("next turn", [(second, reply)], f"{reply.cached} cached")

    def _neighbours(self) -> Outcome:
        """Nine requests on four slots, all of other lengths."""
        prompts = [self._tokens(10 + number, size) for number, size in enumerate(NEIGHBOURS)]
        prompts.insert(4, self.prompt)
        driver = Driver(self._runner)
        numbers = [driver.submit(prompt, max_tokens=self._length(prompt)) for prompt in prompts]
        replies = [driver.reply(number) for number in numbers]
        return self._compare("neighbours", list(zip(prompts, replies, strict=True)))

    def _seven(self) -> Outcome:
        driver = Driver(self._runner)
        number = driver.submit(self.prompt, n=7)
        return self._compare(
            "n: 7", [(self.prompt, driver.reply(number, choice)) for choice in range(7)]
        )

    def _paused(self) -> Outcome:
        """One key has all slots, when another one asks: two replies are paused and go on later."""
        paused = 0
        save = self._runner.save

        def counting(slot: int):
            nonlocal paused
            paused += 1
            return save(slot)

        self._runner.save = counting  # type: ignore[method-assign]
        try:
            driver = Driver(self._runner)
            prompts = [*(self._tokens(20 + number, 40) for number in range(3)), self.prompt]
            numbers = [
                driver.submit(prompt, key="first", max_tokens=self._length(prompt))
                for prompt in prompts
            ]
            while min(driver.generated(number) for number in numbers) < 3:
                driver.step()
            others = [self._tokens(30 + number, 50) for number in range(2)]
            numbers += [
                driver.submit(prompt, key="second", max_tokens=BRIEFLY) for prompt in others
            ]
            replies = [driver.reply(number) for number in numbers]
        finally:
            del self._runner.save
        pairs = list(zip([*prompts, *others], replies, strict=True))
        return self._compare("paused", pairs, f"{paused} saved")

    def _cancelled(self) -> Outcome:
        """Beside one that is cancelled while it generates, and one in the middle of its prompt."""
        driver = Driver(self._runner)
        number = driver.submit(self.prompt)
        beside = driver.submit(self._tokens(40, 30))
        while driver.generated(beside) < 5:
            driver.step()
        late = driver.submit(self._tokens(41, 200))
        driver.step()
        driver.cancel(beside)
        driver.cancel(late)
        after = self._tokens(42, 33)
        follower = driver.submit(after, max_tokens=BRIEFLY)
        pairs = [(self.prompt, driver.reply(number)), (after, driver.reply(follower))]
        return self._compare("cancelled", pairs)

    def _drafted(self) -> Outcome:
        """A text that repeats itself, whose reply is scored: guesses change nothing."""
        if not self._runner.exact_cuts:
            return Outcome("drafted", Kind.LEFT_OUT, note="nothing is drafted, not being exact")
        prompt = (*self._tokens(50, 20), *self._tokens(50, 20)[1:] * 4)
        driver = Driver(self._runner)
        reply = driver.reply(driver.submit(prompt, max_tokens=DRAFTED))
        scored = self.scores((*prompt, *reply.tokens)).prompt_rows[len(prompt) :]
        note = f"{driver.loop.total.drafted_tokens} drafted"
        return self._judge("drafted", [(reply.tokens, scored, reply.tokens, reply.rows)], note)

    def _compare(
        self, name: str, replies: list[tuple[tuple[int, ...], Reply]], note: str = ""
    ) -> Outcome:
        """Replies against those to the same prompts alone."""
        pairs = []
        for prompt, reply in replies:
            if len(reply.tokens) != self._length(prompt):
                return Outcome(name, Kind.DIFFERENT, note=f"{len(reply.tokens)} tokens")
            alone = self.alone(prompt)
            pairs.append((alone.tokens, alone.rows, reply.tokens, reply.rows))
        return self._judge(name, pairs, note)

    def _judge(self, name: str, pairs, note: str = "") -> Outcome:
        """Bit-equal, close, or wrong.

        Greedy replies are compared up to the first token that differs, that place included: where
        the logprobs there are close, two tokens were as likely, and either is right.
        """
        nats, equal, parted = 0.0, True, []
        for expected, expected_rows, tokens, rows in pairs:
            same = same_tokens(expected, tokens)
            if same < len(expected):
                parted.append(same)
            seen = min(same + 1, len(rows))
            nats = max(nats, distance(expected_rows[:seen], rows[:seen]))
            tops = [row.top for row in rows]
            equal &= same == len(expected) and tops == [row.top for row in expected_rows]
        if parted:
            places = ", ".join(str(place) for place in sorted(parted))
            note = f"{note}; other tokens from place {places} on".removeprefix("; ")
        if equal:
            kind = Kind.EQUAL
        elif nats > BOUND:
            kind = Kind.DIFFERENT
        else:
            kind = Kind.NOT_EXACT if self._runner.exact_cuts else Kind.CLOSE
        return Outcome(name, kind, nats, note)
