"""Text events to server-sent events (api.md, section 2.4).

All that stays the same in a stream's chunks is made once; a piece of text is encoded and spliced
in between. The parts of a chunk come in the order of the reply's Structs.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from hanabi.api.extras import raw_output
from hanabi.api.figures import perf_metrics, usage_body
from hanabi.api.wish import Wish
from hanabi.generation.service import TextGeneration
from hanabi.generation.text import TextEvent

DONE = b"data: [DONE]\n\n"

_encode = msgspec.json.Encoder().encode


class Shape(Struct, frozen=True, kw_only=True):
    """How the chunks of a route differ from another's.

    Attributes:
        object: their `object`.
        opening: what a choice's first chunk of its own holds, or None where there is none.
        before_text: what stands before a piece of text.
        after_text: what stands after it.
        no_text: what stands where a chunk has no text.
        no_logprobs: what stands where a chunk has no logprobs.
    """

    object: str
    opening: bytes | None
    before_text: bytes
    after_text: bytes
    no_text: bytes
    no_logprobs: bytes


class Envelope(Struct, frozen=True, kw_only=True):
    """What every chunk of a stream repeats.

    Attributes:
        id: a UUID4 as text.
        created: seconds since 1970.
        model: the name as the request gave it.
    """

    id: str
    created: int
    model: str


class Frames:
    """The frames of one stream."""

    def __init__(
        self, shape: Shape, envelope: Envelope, wish: Wish, generation: TextGeneration, n: int
    ) -> None:
        """Take the route's shape, the stream's constants, and the generation with its `n`."""
        choices = len(generation.prompts) * n
        self._shape = shape
        self._wish = wish
        self._generation = generation
        self._n = n
        self._unfinished = choices
        self._unopened = set(range(choices))
        self._raw: dict[int, list[TextEvent]] = {}
        self._head = b'data: {"id":%b,"object":%b,"created":%d,"model":%b,"choices":[' % (
            _encode(envelope.id),
            _encode(shape.object),
            envelope.created,
            _encode(envelope.model),
        )
        before = shape.before_text
        self._before = [b'%b{"index":%d,%b' % (self._head, i, before) for i in range(choices)]
        self._after = shape.after_text + shape.no_logprobs + b',"finish_reason":null}]}\n\n'
        self._plain = not (wish.logprobs or wish.token_ids or wish.raw_output)

    def step(self, events: Iterable[TextEvent]) -> bytes:
        """All frames of one step; empty when its text is held back."""
        return b"".join([self._frames(event) for event in events])

    def end(self) -> bytes:
        """What follows the last choice's last chunk."""
        if self._wish.include_usage:
            return self._head + b"]" + self._figures() + b"}\n\n" + DONE
        return DONE

    def _frames(self, event: TextEvent) -> bytes:
        """The frames of one event: the choice's opening where it is the first, and its own."""
        index = event.index
        if self._plain and event.finish_reason is None and index not in self._unopened:
            if not event.text:
                return b""
            return self._before[index] + _encode(event.text) + self._after
        frames = self._opening(index) if self._shape.opening is not None else b""
        if self._wish.raw_output:
            self._raw.setdefault(index, []).append(event)
        if event.finish_reason is None:
            return frames + self._piece(event)
        return frames + self._finish(event)

    def _opening(self, index: int) -> bytes:
        """A chat choice's first chunk, with its role and the prompt's ids; once."""
        if index not in self._unopened:
            return b""
        return self._chunk(index, self._shape.opening or b"")

    def _piece(self, event: TextEvent) -> bytes:
        """A chunk with text, rows or ids; nothing when the event has nothing that was asked for."""
        asked = (self._wish.logprobs and event.rows) or (self._wish.token_ids and event.token_ids)
        if not (event.text or asked):
            return b""
        return self._chunk(event.index, self._text(event.text), event)

    def _finish(self, event: TextEvent) -> bytes:
        """A choice's last chunk, without text; a last piece of text comes in one before it."""
        self._unfinished -= 1
        piece = self._piece(event) if event.text else b""
        extras = b""
        if self._wish.raw_output:
            extras = b',"raw_output":' + _encode(self._raw_output(event.index))
        return piece + self._chunk(
            event.index,
            self._shape.no_text,
            None if piece else event,
            finish_reason=event.finish_reason,
            extras=extras,
        )

    def _text(self, text: str) -> bytes:
        if not text:
            return self._shape.no_text
        return self._shape.before_text + _encode(text) + self._shape.after_text

    def _chunk(
        self,
        index: int,
        body: bytes,
        carried: TextEvent | None = None,
        *,
        finish_reason: str | None = None,
        extras: bytes = b"",
    ) -> bytes:
        """One frame, with the rows and ids of the event that it carries.

        The stream's last finish has the usage, unless that comes in a chunk of its own.
        """
        logprobs = self._shape.no_logprobs
        if carried and carried.rows and self._wish.logprobs:
            logprobs = b',"logprobs":' + _encode(self._wish.rows(carried.rows))
        if carried and carried.token_ids and self._wish.token_ids:
            extras += b',"token_ids":' + _encode(carried.token_ids)
        if index in self._unopened:
            self._unopened.remove(index)
            if self._wish.token_ids:
                prompt = self._generation.prompts[index // self._n]
                extras += b',"prompt_token_ids":' + _encode(prompt.ids)
        last = finish_reason and not self._unfinished and not self._wish.include_usage
        return b'%b{"index":%d,%b%b,"finish_reason":%b%b}]%b}\n\n' % (
            self._head,
            index,
            body,
            logprobs,
            _encode(finish_reason),
            extras,
            self._figures() if last else b"",
        )

    def _figures(self) -> bytes:
        usage = self._generation.usage
        figures = b',"usage":' + _encode(usage_body(usage))
        if self._wish.perf_metrics:
            metrics = perf_metrics(usage, self._generation.timing)
            figures += b',"perf_metrics":' + _encode(metrics)
        return figures

    def _raw_output(self, index: int) -> msgspec.Struct:
        events = self._raw.pop(index)
        return raw_output(
            self._generation.prompts[index // self._n],
            "".join(event.text for event in events),
            [token for event in events for token in event.token_ids],
            [row for event in events for row in event.rows],
        )
