"""The server's token ids against those of the HF tokenizer made from the same file."""

import pytest

from .texts import CORPUS

pytestmark = [pytest.mark.reference, pytest.mark.anyio]


@pytest.mark.parametrize("index", range(len(CORPUS)))
async def test_the_ids_are_the_same(api, answers, index):
    ids = await api.tokenize(CORPUS[index])
    assert ids == answers["corpus"][index]
    assert await api.detokenize(*ids) == CORPUS[index]
