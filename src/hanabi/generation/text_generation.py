"""A text request under way: the backend's token events as text events."""

from collections.abc import AsyncIterator, Callable, Iterable

from hanabi.generation.backend import Generation
from hanabi.generation.choice import ChoiceText
from hanabi.generation.events import Event, PromptEvent, TokenEvent
from hanabi.generation.plan import Plan
from hanabi.generation.text import TextEvent, Timing, Usage


class TextGeneration:
    """A request under way, as text events; iterated once.

    Attributes:
        model: the full name of the model that answers.
        prompts: the prompts as it reads them.
        sampling: the sampling options in force.
        max_tokens: the most tokens that a choice may get.
        stop: the stop strings in force.
    """

    def __init__(self, plan: Plan, generation: Generation, clock: Callable[[], float]) -> None:
        """Take what was planned, the backend's part of it, and the event loop's clock."""
        self.model = plan.model
        self.prompts = plan.prompts
        self.sampling = plan.request.sampling
        self.max_tokens = plan.request.max_tokens
        self.stop = plan.stop
        self._vocab = plan.vocab
        self._echoes = plan.echoes
        self._n = plan.request.n
        self._generation = generation
        self._clock = clock
        control = frozenset(plan.vocab.special.values())
        self._choices = [
            ChoiceText(index, plan.vocab, control, plan.stop, drop_space=plan.drop_space)
            for index in range(plan.request.choices)
        ]
        self._open = len(self._choices)
        self._prompt_tokens = sum(len(prompt.ids) for prompt in plan.prompts)
        self._cached_tokens = 0
        self._completion_tokens = 0
        self._started = clock()
        self._first_token: float | None = None
        self._finished: float | None = None

    @property
    def usage(self) -> Usage:
        """Tokens so far, those included whose text is held back.

        What a choice generates after the token that completed its stop string is not counted.
        """
        return Usage(self._prompt_tokens, self._completion_tokens, self._cached_tokens)

    @property
    def accounted(self) -> Usage:
        """What the request is charged with: its usage, but of its prompts only what was read.

        That is less than the whole prompts where it ended before they were computed. What the
        backend computed after the end is not in it.
        """
        prompt_tokens = self._generation.prefilled + self._cached_tokens
        return Usage(prompt_tokens, self._completion_tokens, self._cached_tokens)

    @property
    def timing(self) -> Timing:
        """Times so far."""
        return Timing(self._started, self._first_token, self._finished, self._generation.began)

    async def __aiter__(self) -> AsyncIterator[list[TextEvent]]:
        """Yield the text events of each step, at least one; end when every choice has ended.

        However the iteration ends, nothing is generated for it any more.
        """
        try:
            async for events in self._generation:
                text_events = self._step(events)
                if self._open == 0:
                    self._finish()
                if text_events:
                    yield text_events
        finally:
            self.cancel()

    def cancel(self) -> None:
        """Stop every choice. Idempotent; iteration ends at once."""
        self._finish()
        self._generation.cancel()

    def _step(self, events: Iterable[Event]) -> list[TextEvent]:
        """What a step of the backend adds for the reader."""
        text_events: list[TextEvent] = []
        for event in events:
            if isinstance(event, PromptEvent):
                text_events.extend(self._begin(event))
            else:
                text_event = self._add(event)
                if text_event is not None:
                    text_events.append(text_event)
        return text_events

    def _begin(self, event: PromptEvent) -> list[TextEvent]:
        """Begin each choice of a prompt with its echo, where one is wanted."""
        self._cached_tokens += event.cached
        if not self._echoes:
            return []
        echo = self._echoes[event.prompt]
        rows = echo.rows(event.rows, self._vocab)
        first = event.prompt * self._n
        return [choice.begin(echo, rows) for choice in self._choices[first : first + self._n]]

    def _add(self, event: TokenEvent) -> TextEvent | None:
        """Count a token and give it to its choice; end the choice where its text ended."""
        choice = self._choices[event.choice]
        if choice.finished:
            # It was generated before the backend heard of the stop string.
            self._generation.discard(int(event.token is not None))
            return None
        if event.token is not None:
            self._completion_tokens += 1
            if self._first_token is None:
                self._first_token = self._clock()
        text_event = choice.add(event)
        if choice.finished:
            self._open -= 1
            if event.finish is None:
                self._generation.cancel(event.choice)
        return text_event

    def _finish(self) -> None:
        """Note the time of the end, once."""
        if self._finished is None:
            self._finished = self._clock()
