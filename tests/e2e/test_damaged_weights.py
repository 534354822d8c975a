"""A model whose logits are no numbers: who asked is told, streamed or not, and the server lives."""

import gguf
import numpy as np
import pytest

from ..tiny_llama import write_tiny_llama  # noqa: TID252 - test folders are no packages
from .api import Api

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

DAMAGED = "accounts/fireworks/models/damaged"
POISON = 300
"""A token whose embedding is NaN: whatever has read it is lost."""

SENTENCE = "The model computed no usable probabilities"


@pytest.fixture
def server(start_server, tmp_path):
    path = write_tiny_llama(tmp_path / "damaged.gguf")
    for tensor in gguf.GGUFReader(path, "r+").tensors:
        if tensor.name == "token_embd.weight":
            tensor.data[POISON] = np.nan
            tensor.data.flush()
    return start_server("--model", str(path), "--kv-memory", "64M")


async def test_a_prompt_that_breaks_the_model_is_an_error(server):
    async with Api(server) as api:
        for stream in (False, True):
            response = await api.post(model=DAMAGED, prompt=[POISON], max_tokens=2, stream=stream)
            assert response.status_code == 500
            assert response.json()["error"]["message"].startswith(SENTENCE)
        await api.ask(model=DAMAGED, prompt=[5], max_tokens=1, logit_bias={POISON: -100})


async def test_a_stream_that_breaks_on_its_way_ends_with_an_error(server):
    """The first token is sampled well; having read it, the model is lost."""
    fields = {"model": DAMAGED, "prompt": [5], "max_tokens": 9, "logit_bias": {POISON: 100}}
    async with Api(server) as api:
        async with api.stream(**fields, return_token_ids=True) as stream:
            assert stream.response.status_code == 200
            *chunks, last = [event async for event in stream]
        assert not stream.done
        assert chunks != []
        assert set(last) == {"error"}
        assert last["error"]["message"].startswith(SENTENCE)

        response = await api.post(**fields)
        assert response.status_code == 500
        assert response.json()["error"]["message"].startswith(SENTENCE)
        await api.ask(prompt="Hello", max_tokens=1)
    assert server.process.poll() is None


async def test_what_broke_one_request_does_not_break_the_next(server):
    async with Api(server) as api:
        fields = {"model": DAMAGED, "prompt": [5], "max_tokens": 9, "logit_bias": {POISON: 100}}
        assert (await api.post(**fields)).status_code == 500
        await api.ask(model=DAMAGED, prompt=[5], max_tokens=1, logit_bias={POISON: -100})
