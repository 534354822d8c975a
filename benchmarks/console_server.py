"""The server side of console_main_thread.py: the real API and console over a model that keeps pace.

The first line of its input says how many tokens a reply has, and how many come in a second. It is
answered by the port and a key, and the process ends when its input does.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from api_server import MockBackend, MockGeneration, MockModel, api, serve
from console_text import PIECES
from hanabi.database.connection import open_database
from hanabi.generation.defaults import ModelDefaults
from hanabi.generation.events import Event, PromptEvent, TokenEvent
from hanabi.generation.request import GenerationRequest
from hanabi.generation.served_model import Asker
from hanabi.generation.vocab import Vocab
from hanabi.registry.bundled import find_weights, register_bundled
from hanabi.registry.registry import Registry
from hanabi.sampling.row import Row

LOGPROBS = (-0.11, -2.61, -4.2, -5.9, -6.3)
"""Of the most likely tokens at each place."""


@dataclass(frozen=True)
class Pace:
    """What a reply is like.

    Attributes:
        tokens: how many it has.
        rate: how many come in a second.
    """

    tokens: int
    rate: float


class PacedGeneration(MockGeneration):
    """Gives a token an event, each at its time."""

    def __init__(self, request: GenerationRequest, pace: Pace) -> None:
        """Take the request and the pace, which has the last word on its length."""
        super().__init__(request)
        self._pace = pace
        self._rows = request.logprobs

    async def __aiter__(self) -> AsyncIterator[list[Event]]:
        """Yield the text over and over; late tokens come at once."""
        yield [PromptEvent(0)]
        clock = asyncio.get_running_loop().time
        began = clock()
        for number in range(self._pace.tokens):
            await asyncio.sleep(max(0.0, began + number / self._pace.rate - clock()))
            if self._cancelled:
                return
            last = number + 1 == self._pace.tokens
            yield [TokenEvent(0, number % len(PIECES), "stop" if last else None, self._row(number))]

    def _row(self, number: int) -> Row | None:
        if self._rows is None:
            return None
        top = enumerate(LOGPROBS[: self._rows], number)
        pairs = tuple((token % len(PIECES), logprob) for token, logprob in top)
        return Row(LOGPROBS[0], pairs, LOGPROBS[0])


class PacedBackend(MockBackend):
    """A model without an engine. Implements `Backend`."""

    vocab = Vocab(pieces=PIECES, special={}, bos=None, eos=None, end_ids=(), add_bos=False)

    def __init__(self, pace: Pace) -> None:
        """Take what its replies are like."""
        self._pace = pace

    def submit(self, request: GenerationRequest) -> PacedGeneration:
        """Start a request."""
        return PacedGeneration(request, self._pace)


class PacedModel(MockModel):
    """The one model. Implements `ServedModel`."""

    def __init__(self, pace: Pace) -> None:
        """Take what its replies are like."""
        self._pace = pace
        self.defaults = ModelDefaults(max_tokens=pace.tokens)

    @asynccontextmanager
    async def backend(self) -> AsyncIterator[MockBackend]:
        """The mock."""
        yield PacedBackend(self._pace)


@dataclass(frozen=True)
class PacedCatalog:
    """Finds the one model. Implements `Catalog`."""

    pace: Pace

    def find(self, name: str, asker: Asker) -> MockModel:
        """Whatever is asked for."""
        del name, asker
        return PacedModel(self.pace)


def _tell(answer: dict[str, Any]) -> None:
    """Write a line for whoever started this."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve what the first line asks for."""
    pace = Pace(**json.loads(sys.stdin.readline()))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        database = open_database(home)
        register_bundled(Registry(home, database), find_weights())  # for the list of models
        database.dispose()
        app, key = api(home, PacedCatalog(pace))
        uvloop.run(serve(app, lambda port: _tell({"port": port, "key": key})))


if __name__ == "__main__":
    main()
