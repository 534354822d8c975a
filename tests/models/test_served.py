"""A few architectures behind the whole server: over HTTP a reply is the same in every way, too."""

import asyncio

import pytest

from ..e2e.api import Api  # noqa: TID252 - test folders are no packages
from ..e2e.server import Server  # noqa: TID252 - test folders are no packages
from .architectures import BY_NAME
from .driver import GENERATED, TOP
from .outcome import BOUND
from .scenarios import NEIGHBOURS, PROMPT, SHARED, tokens_of
from .tiny_model import write_model

pytestmark = [pytest.mark.models, pytest.mark.e2e, pytest.mark.anyio]

SERVED = [("gemma3", "Q4_K_M"), ("gpt-oss", "F32"), ("olmoe", "Q8_0"), ("lfm2", "Q4_K_M")]


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def server(request, tmp_path):
    name, weights = request.param
    path = write_model(tmp_path, BY_NAME[name], weights)
    server = Server(
        tmp_path, "--model", str(path), "--slots", "4", "--context", "512", "--kv-memory", "256M"
    )
    server.model = f"accounts/fireworks/models/{path.stem.lower().replace('_', '-')}"
    yield server
    print(server.log)  # noqa: T201 - pytest shows it beside a failure
    server.stop()


@pytest.mark.parametrize("server", SERVED, indirect=True, ids=" ".join)
async def test_the_same_reply_in_every_way(server):
    size = 512
    prompt = tokens_of(0, PROMPT, size)
    async with Api(server) as api:

        async def ask(tokens, **fields):
            fields = {"max_tokens": GENERATED, "temperature": 0, "logprobs": TOP} | fields
            return (await api.ask(model=server.model, prompt=list(tokens), **fields))["choices"]

        (alone,) = await ask(prompt)
        (cached,) = await ask(prompt)
        agree(alone, cached)
        other = (*prompt[:SHARED], *tokens_of(1, 31, size)[1:])
        (partly,) = await ask(other)
        seven = await ask(prompt, n=7)
        neighbours = [
            tokens_of(10 + index, length, size) for index, length in enumerate(NEIGHBOURS)
        ]
        among, *_ = await asyncio.gather(*(ask(tokens) for tokens in (prompt, *neighbours)))
        for choice in (*seven, *among):
            agree(alone, choice)
        (again,) = await ask(other)
        agree(partly, again)


def agree(expected, choice):
    """The logprobs are those of `expected`, up to the first place with another token."""
    pairs = zip(expected["logprobs"]["tokens"], choice["logprobs"]["tokens"], strict=True)
    same = [first == second for first, second in pairs]
    places = (same.index(False) if False in same else len(same) - 1) + 1
    for place in range(places):
        ours = expected["logprobs"]["top_logprobs"][place]
        theirs = choice["logprobs"]["top_logprobs"][place]
        for token in ours.keys() & theirs.keys():
            assert abs(ours[token] - theirs[token]) <= BOUND, place
