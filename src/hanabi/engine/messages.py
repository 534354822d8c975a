"""What the server and an engine process say to each other.

A frame is its length (4 bytes, big-endian) and a msgpack value of one of these types. No pickle:
a frame can hold nothing but data of these shapes.
"""

import msgspec

from hanabi.engine.config import EngineConfig
from hanabi.engine.facts import Facts
from hanabi.engine.occupancy import Occupancy
from hanabi.generation.events import Event
from hanabi.generation.request import GenerationRequest
from hanabi.generation.vocab import Vocab


class Load(msgspec.Struct, frozen=True, tag="load"):
    """Server: load these weights; the first frame."""

    path: str
    config: EngineConfig


class Submit(msgspec.Struct, frozen=True, tag="submit"):
    """Server: start a request, which is called `request_id` from here on."""

    request_id: int
    request: GenerationRequest


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Server: nobody wants this choice (None: all of them) any more."""

    request_id: int
    choice: int | None = None


class Tokenize(msgspec.Struct, frozen=True, tag="tokenize"):
    """Server: turn text parts into ids; ids among the parts pass through."""

    call_id: int
    parts: tuple[str | int, ...]


class Loaded(msgspec.Struct, frozen=True, tag="loaded"):
    """Engine: ready.

    Attributes:
        vocab: the model's tokens.
        context_length: tokens a sequence can hold.
        slots: sequences that run at once.
        cache_bytes: memory of the KV cache.
        kernels: the kernel library in use (`cpu-zen4`), for people to read.
        facts: how the model is computed and what it takes.
    """

    vocab: Vocab
    context_length: int
    slots: int
    cache_bytes: int
    kernels: str
    facts: Facts = Facts()


class LoadFailed(msgspec.Struct, frozen=True, tag="load_failed"):
    """Engine: these weights cannot be loaded, and why.

    Attributes:
        reason: for people to read.
        lasting: whether the weights are at fault, so that no other try goes better.
    """

    reason: str
    lasting: bool = False


class Tokenized(msgspec.Struct, frozen=True, tag="tokenized"):
    """Engine: the ids that were asked for by `call_id`."""

    call_id: int
    ids: tuple[int, ...]


class Computed(msgspec.Struct, frozen=True, array_like=True):
    """What an engine process has computed since it started.

    Attributes:
        prompt_tokens: tokens of prompts.
        generated_tokens: tokens that were drawn, end tokens included.
        cached_tokens: tokens of prompts that were not computed, since the prefix cache held them.
        cache_hits: complete prompts that found a beginning of theirs in it.
        cache_misses: complete prompts that found none.
        drafted_tokens: guesses at tokens that were decoded.
        accepted_tokens: those of them that were right.
    """

    prompt_tokens: int = 0
    generated_tokens: int = 0
    cached_tokens: int = 0
    cache_hits: int = 0
    cache_misses: int = 0
    drafted_tokens: int = 0
    accepted_tokens: int = 0


class Step(msgspec.Struct, frozen=True, tag="step"):
    """Engine: all that one step has come to.

    Attributes:
        events: by request.
        prefilled: the tokens of a request's prompts that were computed, by request.
        begun: requests of which a prompt has got a slot and is computed next.
        total: of this process so far, this step included.
        occupancy: what is under way after it.
    """

    events: list[tuple[int, list[Event]]]
    prefilled: list[tuple[int, int]]
    begun: list[int]
    total: Computed
    occupancy: Occupancy


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """Engine: a request has ended with an error, after the events that were sent before."""

    request_id: int
    reason: str


ToEngine = Load | Submit | Cancel | Tokenize
FromEngine = Loaded | LoadFailed | Tokenized | Step | Failed

LENGTH_BYTES = 4
"""Size of the length before each frame."""

_encoder = msgspec.msgpack.Encoder()


def frame(message: ToEngine | FromEngine) -> bytes:
    """A message as bytes on the socket."""
    body = _encoder.encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body
