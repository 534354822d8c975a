"""A backend that follows a script, and a vocabulary of bytes, for the tests of this folder."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from hanabi.generation.defaults import ModelDefaults
from hanabi.generation.events import PromptEvent, TokenEvent
from hanabi.generation.fold import fold
from hanabi.generation.service import TextService
from hanabi.generation.text import Prompts, TextRequest
from hanabi.generation.vocab import Vocab
from hanabi.sampling.row import Row

BOS, EOS, END, UNFINISHED, REST, WORD, SPACED = range(256, 263)
"""Ids of the byte vocabulary past the 256 bytes: control tokens, then longer pieces."""

PIECES = (
    *(bytes([byte]) for byte in range(256)),
    b"<s>",
    b"</s>",
    b"<|end|>",
    "✓".encode()[:2],
    "✓".encode()[2:] + b"!",
    "日本".encode(),
    b" word",
)


def byte_vocab(*, add_bos=False, add_space_prefix=False):
    return Vocab(
        pieces=PIECES,
        special={"<s>": BOS, "</s>": EOS, "<|end|>": END},
        bos=BOS,
        eos=EOS,
        end_ids=(EOS,),
        add_bos=add_bos,
        add_space_prefix=add_space_prefix,
    )


def row_at(token, position, alternatives, *, sampled=True):
    """A row that tells by its numbers where it was made."""
    top = tuple((other, -0.25 * (other + 1)) for other in range(alternatives))
    return Row(-0.5 * position - 0.001 * token, top, -0.125 * position if sampled else None)


@dataclass
class ScriptedBackend:
    """Says what `scripts` has for each choice; repeats the last script; ends like an engine."""

    scripts: list[list[int]]
    vocab: Vocab = field(default_factory=byte_vocab)
    context_length: int = 100
    steps_at_once: int = 1
    cached: int = 0
    tokenized: list = field(default_factory=list)
    submitted: list = field(default_factory=list)
    generations: list = field(default_factory=list)

    async def tokenize(self, parts):
        await asyncio.sleep(0)
        self.tokenized.append(tuple(parts))
        ids = []
        for part in parts:
            if isinstance(part, int):
                ids.append(part)
            else:
                ids += (b" " if self.vocab.add_space_prefix else b"") + part.encode()
        return tuple(ids)

    def submit(self, request):
        self.submitted.append(request)
        self.generations.append(ScriptedGeneration(self, request))
        return self.generations[-1]


class ScriptedGeneration:
    def __init__(self, backend, request):
        self.backend = backend
        self.request = request
        self.open = set(range(request.choices))
        self.cancelled = []
        self.discarded = 0
        self.prefilled = 0
        self.began = None

    def discard(self, tokens):
        self.discarded += tokens

    def cancel(self, choice=None):
        self.cancelled.append(choice)
        self.open -= self.open.copy() if choice is None else {choice}

    async def __aiter__(self):
        request = self.request
        events = []
        for prompt, ids in enumerate(request.prompts):
            rows = ()
            if request.prompt_logprobs is not None:
                alternatives = request.prompt_logprobs
                rows = (
                    Row(0.0),
                    *(
                        row_at(token, position, alternatives, sampled=False)
                        for position, token in enumerate(ids[1:], 1)
                    ),
                )
            events.append(PromptEvent(prompt, self.backend.cached, rows))
            self.prefilled += len(ids) - self.backend.cached
        step = 0
        while self.open:
            for choice in sorted(self.open):
                events.append(self._token_event(choice, step))
                if events[-1].finish is not None:
                    self.open.discard(choice)
            step += 1
            if step % self.backend.steps_at_once == 0 or not self.open:
                await asyncio.sleep(0)
                yield [event for event in events if self._is_wanted(event)]
                events = []

    def _is_wanted(self, event):
        return None not in self.cancelled and getattr(event, "choice", None) not in self.cancelled

    def _token_event(self, choice, step):
        request = self.request
        if request.max_tokens == 0:
            return TokenEvent(choice, None, "length")
        scripts = self.backend.scripts
        script = scripts[min(choice, len(scripts) - 1)]
        token = script[step % len(script)]
        finish = None
        if token in request.end_ids:
            finish = "stop"
        elif step + 1 == request.max_tokens:
            finish = "length"
        row = None if request.logprobs is None else row_at(token, step, request.logprobs)
        return TokenEvent(choice, token, finish, row)


@dataclass
class Model:
    loaded: ScriptedBackend
    style: object = None
    defaults: ModelDefaults = field(default_factory=ModelDefaults)
    name: str = "accounts/test/models/bytes"
    loads: int = 0

    @asynccontextmanager
    async def backend(self):
        self.loads += 1
        yield self.loaded


@dataclass
class OneModelCatalog:
    model: Model
    asked: list = field(default_factory=list)

    def find(self, name, asker):
        self.asked.append((name, asker.account))
        return self.model


class Tools:
    """What the tests of this folder share."""

    BOS, EOS, END = BOS, EOS, END
    UNFINISHED, REST, WORD, SPACED = UNFINISHED, REST, WORD, SPACED
    Backend = ScriptedBackend
    Model = Model
    Catalog = OneModelCatalog
    vocab = staticmethod(byte_vocab)
    row_at = staticmethod(row_at)

    @staticmethod
    def request(*prompts, **fields):
        fields = {"source": Prompts(prompts), "fallback_max_tokens": 16} | fields
        return TextRequest(model="bytes", **fields)

    @staticmethod
    def service(backend, **fields):
        return TextService(OneModelCatalog(Model(backend, **fields)))

    @classmethod
    async def steps(cls, backend, request, **fields):
        generation = await cls.service(backend, **fields).start(request)
        return generation, [step async for step in generation]

    @classmethod
    def run(cls, backend, request, **fields):
        """The finished generation and all its steps."""
        return asyncio.run(cls.steps(backend, request, **fields))

    @classmethod
    def folded(cls, backend, request, **fields):
        """The choices of the whole reply."""

        async def reply():
            return await fold(await cls.service(backend, **fields).start(request))

        return asyncio.run(reply())


@pytest.fixture(scope="session")
def tools():
    return Tools
