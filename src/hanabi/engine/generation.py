"""One request under way in an engine process, as the server sees it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Protocol

from hanabi.engine.tally import Discard
from hanabi.errors import HanabiError
from hanabi.generation.events import Event, TokenEvent
from hanabi.generation.request import GenerationRequest


class Canceller(Protocol):
    """Whoever can tell the engine that something is not wanted any more."""

    def cancel(self, request_id: int, choice: int | None) -> None:
        """Drop a choice of a request, or all of them."""
        ...

    def forget(self, request_id: int) -> None:
        """A request has ended by itself."""
        ...

    def discard(self, tokens: int, reason: Discard) -> None:
        """Count generated tokens that no reply gets."""
        ...


class EngineGeneration:
    """Collects a request's events between the socket and the one who iterates.

    Implements `hanabi.generation.backend.Generation`.

    Attributes:
        prefilled: tokens of its prompts that the engine has computed.
        began: when its first prompt got a slot, by the event loop's clock; None before. The
            connection sets both.
    """

    def __init__(self, request: GenerationRequest, canceller: Canceller, request_id: int) -> None:
        """Take the request, and whom to tell when it is cancelled."""
        self.prefilled = 0
        self.began: float | None = None
        self._canceller = canceller
        self._request_id = request_id
        self._open = set(range(request.choices))
        self._events: list[Event] = []
        self._error: HanabiError | None = None
        self._arrival: asyncio.Future[None] | None = None

    def push(self, events: list[Event]) -> None:
        """Take a step's events. Called by the connection."""
        for event in events:
            if isinstance(event, TokenEvent):
                if event.choice not in self._open:
                    self.discard(tokens_in((event,)))  # it was on its way at the cancel
                    continue
                if event.finish is not None:
                    self._open.discard(event.choice)
            self._events.append(event)
        if not self._open:
            self._canceller.forget(self._request_id)
        self._wake()

    def fail(self, error: HanabiError) -> None:
        """End the iteration with an error. Called by the connection."""
        self._error = error
        self._open.clear()
        self._wake()

    def cancel(self, choice: int | None = None) -> None:
        """Stop one choice, or all of them; no event of theirs is yielded any more."""
        if choice is None:  # what waits is not yielded, also where every choice has ended
            self._canceller.discard(tokens_in(self._events), "ended")
            self._events.clear()
        if not self._open or (choice is not None and choice not in self._open):
            return
        if choice is None:
            self._open.clear()
        else:
            self._open.discard(choice)
            kept = [event for event in self._events if _is_not_of(event, choice)]
            self.discard(tokens_in(self._events) - tokens_in(kept))
            self._events = kept
        if self._error is None:
            self._canceller.cancel(self._request_id, choice if self._open else None)
        self._wake()

    def discard(self, tokens: int) -> None:
        """Count tokens that their choice generated after its stop string."""
        self._canceller.discard(tokens, "stop")

    async def __aiter__(self) -> AsyncIterator[list[Event]]:
        """Yield all events since the last time; end when every choice has ended."""
        while True:
            if self._events:
                events, self._events = self._events, []
                yield events
            elif self._error is not None:
                raise self._error
            elif not self._open:
                return
            else:
                self._arrival = asyncio.get_running_loop().create_future()
                await self._arrival

    def _wake(self) -> None:
        """Let the one who iterates go on."""
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)


def tokens_in(events: Iterable[Event]) -> int:
    """The generated tokens that events tell of."""
    return sum(isinstance(event, TokenEvent) and event.token is not None for event in events)


def _is_not_of(event: Event, choice: int) -> bool:
    """Whether an event is about something else than this choice."""
    return not isinstance(event, TokenEvent) or event.choice != choice
