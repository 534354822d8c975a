"""Requests to an engine's loop, driven step by step, and their replies."""

from dataclasses import dataclass, field

from hanabi.engine.loop import EngineLoop
from hanabi.engine.runner import Runner
from hanabi.generation.events import PromptEvent, TokenEvent
from hanabi.generation.request import GenerationRequest
from hanabi.sampling.params import SamplingParams
from hanabi.sampling.row import Row

GREEDY = SamplingParams(temperature=0)
GENERATED = 24
"""Tokens of a reply."""

TOP = 5
"""Likeliest tokens that are told of each place."""

MOST_STEPS = 3000
"""A loop that has not come to its end by then never does."""


@dataclass
class Reply:
    """One choice of a request.

    Attributes:
        tokens: what was generated.
        rows: the logprobs at each of those places.
        prompt_rows: those of the prompt's places, where they were asked for.
        cached: tokens of the prompt that were not computed.
    """

    tokens: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    prompt_rows: list[Row] = field(default_factory=list)
    cached: int = 0


class NoProbabilitiesError(Exception):
    """The engine has ended a request since its logits were no numbers."""


class Driver:
    """A loop over a runner, cold at first: nothing of what its slots hold is known to it.

    Attributes:
        loop: the loop.
        replies: what each request has come to, by request and choice.
    """

    def __init__(self, runner: Runner) -> None:
        """Start a loop. Its clock has every decode take as long, so that drafts look cheap."""
        self._now = 0.0
        self.loop = EngineLoop(runner, token_budget=256, clock=self._tick)
        self.replies: dict[tuple[int, int], Reply] = {}
        self._requests = 0

    def submit(self, prompt: tuple[int, ...], **options) -> int:
        """Queue a request; its number."""
        number = self._requests
        self._requests += 1
        options = {"max_tokens": GENERATED, "logprobs": TOP, "sampling": GREEDY} | options
        self.loop.submit(number, GenerationRequest(prompts=(prompt,), **options))
        return number

    def step(self, steps: int = 1) -> None:
        """Run so many steps."""
        for _ in range(steps):
            for pass_ in self.loop.plan():
                self.loop.run(pass_)
                self._take()
            self._take()

    def finish(self) -> None:
        """Run until nothing is left to do."""
        for _ in range(MOST_STEPS):
            if not self.loop.has_work:
                return
            self.step()
        message = "the loop does not come to an end"
        raise AssertionError(message)

    def cancel(self, number: int) -> None:
        """Drop a request; what it has come to stays in `replies`."""
        self.loop.cancel(number)

    def reply(self, number: int, choice: int = 0) -> Reply:
        """A choice of a request, once it is complete."""
        self.finish()
        return self.replies[number, choice]

    def generated(self, number: int) -> int:
        """How many tokens the first choice of a request has."""
        reply = self.replies.get((number, 0))
        return len(reply.tokens) if reply else 0

    def _take(self) -> None:
        for number, events in self.loop.events():
            for event in events:
                self._note(number, event)
        for _, reason in self.loop.failures():
            raise NoProbabilitiesError(reason)

    def _note(self, number: int, event: PromptEvent | TokenEvent) -> None:
        if isinstance(event, PromptEvent):
            reply = self.replies.setdefault((number, 0), Reply())
            reply.cached, reply.prompt_rows = event.cached, list(event.rows)
            return
        reply = self.replies.setdefault((number, event.choice), Reply())
        if event.token is not None:
            reply.tokens.append(event.token)
        if event.row is not None:
            reply.rows.append(event.row)

    def _tick(self) -> float:
        self._now += 1.0
        return self._now
