"""A generating route: body to request, request to generation, generation to reply."""

import math
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec
from msgspec import UNSET
from starlette.types import Receive, Scope, Send

from hanabi.api.auth import account_of
from hanabi.api.body import Body
from hanabi.api.client import while_present
from hanabi.api.dependencies import Dependencies
from hanabi.api.extras import raw_output
from hanabi.api.figures import figure_headers, perf_metrics, sampling_header, usage_body
from hanabi.api.frames import Envelope, Frames
from hanabi.api.json_response import json_response
from hanabi.api.metrics import Measured, Steps
from hanabi.api.request_id import request_id
from hanabi.api.route_kind import RouteKind
from hanabi.api.sse import send_stream
from hanabi.api.wish import Wish, wish_of
from hanabi.generation.fold import FoldedChoice, fold
from hanabi.generation.service import TextGeneration
from hanabi.generation.text import TextRequest


class GeneratingRoute:
    """The ASGI app of one generating route."""

    def __init__(self, kind: RouteKind, dependencies: Dependencies) -> None:
        """Take what the route is, and what it works with."""
        self._kind = kind
        self._with = dependencies
        self._body = Body(kind.wire_type, dependencies.max_body_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; stop generating as soon as its client leaves."""
        with self._with.accounting.account(self._kind.name, scope) as accounted:
            self._with.drain.check()
            accounted.admit()
            wire = await self._body.read(scope, receive)
            answer = Answer(
                self._kind,
                request=self._kind.text_request(wire, account_of(scope)),
                wish=wish_of(wire),
                envelope=Envelope(
                    id=request_id(scope), created=math.floor(self._with.now()), model=wire.model
                ),
            )
            work = self._generate(answer, accounted.measured, scope, receive, send)
            await while_present(receive, work)

    async def _generate(
        self, answer: "Answer", measured: Measured, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Start the generation and reply; whatever ends the reply ends the generation."""
        generation = await self._with.service.start(answer.request)
        measured.generation = scope["hanabi.generation"] = generation
        steps = measured.steps(generation)
        try:
            if answer.wish.stream:
                headers = sampling_header(answer.request, generation)
                async with aclosing(answer.frames(generation, steps)) as frames:
                    await send_stream(send, frames, headers, answer.envelope.id)
            else:
                body = await answer.body(generation, steps)
                headers = answer.headers(generation)
                await json_response(body, headers=headers)(scope, receive, send)
        finally:
            generation.cancel()


class Answer:
    """The reply to one request, streamed or at once: the same events either way."""

    def __init__(
        self, kind: RouteKind, *, request: TextRequest, wish: Wish, envelope: Envelope
    ) -> None:
        """Take the route, its request, and how the reply is to look."""
        self._kind = kind
        self.request = request
        self.wish = wish
        self.envelope = envelope

    async def frames(self, generation: TextGeneration, steps: Steps) -> AsyncGenerator[bytes]:
        """The stream: the frames of each step that has any, joined."""
        frames = Frames(self._kind.shape, self.envelope, self.wish, generation, self.request.n)
        async for events in steps:
            if written := frames.step(events):
                yield written
        yield frames.end()

    async def body(self, generation: TextGeneration, steps: Steps) -> msgspec.Struct:
        """The whole reply."""
        choices = [self._choice(choice, generation) for choice in await fold(steps)]
        metrics = perf_metrics(generation.usage, generation.timing)
        return self._kind.reply(
            id=self.envelope.id,
            created=self.envelope.created,
            model=self.envelope.model,
            choices=choices,
            usage=usage_body(generation.usage),
            perf_metrics=metrics if self.wish.perf_metrics else UNSET,
        )

    def headers(self, generation: TextGeneration) -> dict[str, str]:
        """The `fireworks-*` headers of a whole reply."""
        metrics = perf_metrics(generation.usage, generation.timing)
        return figure_headers(metrics) | sampling_header(self.request, generation)

    def _choice(self, choice: FoldedChoice, generation: TextGeneration) -> msgspec.Struct:
        prompt = generation.prompts[choice.index // self.request.n]
        extras: dict[str, object] = {}
        if self.wish.raw_output:
            extras["raw_output"] = raw_output(prompt, choice.text, choice.token_ids, choice.rows)
        if self.wish.token_ids:
            extras["token_ids"] = list(choice.token_ids)
            extras["prompt_token_ids"] = list(prompt.ids)
        return self._kind.choice(choice, self.wish.rows(choice.rows), extras)
