"""Files of ill will under a running server: each has a refusal with a reason, and nobody else is
the worse for it."""

import shutil

import pytest

from ..hostile import mutant, write_mutant  # noqa: TID252 - test folders are no packages
from ..tiny_llama import write_tiny_llama  # noqa: TID252 - test folders are no packages
from .api import MODEL, Api

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

HOSTILE = "accounts/fireworks/models/hostile"
GREEDY = {"prompt": "Hello", "temperature": 0, "max_tokens": 2}
SEEDS = range(48)
"""Three of each kind of mutation."""


async def test_the_bundled_model_answers_whatever_the_other_file_is(start_server, tmp_path):
    """The file changes under the server: so what reaches the engine was checked by nobody."""
    good = write_tiny_llama(tmp_path / "good.gguf")
    weights = good.read_bytes()
    path = tmp_path / "hostile.gguf"
    shutil.copyfile(good, path)
    server = start_server("--model", str(path), "--kv-memory", "64M", "--context", "256")
    (engine,) = server.engines
    async with Api(server) as api:
        await api.ask(**GREEDY, model=HOSTILE)
        expected = await api.text(**GREEDY, model=MODEL)
        bundled = [process for process in server.engines if process != engine]
        statuses = set()
        for seed in SEEDS:
            write_mutant(path, weights, seed)
            for process in server.engines:
                if process not in bundled:
                    process.kill()
            response = await api.post(**GREEDY, model=HOSTILE)
            if b"being restarted" in response.content or b"it worked on" in response.content:
                response = await api.post(**GREEDY, model=HOSTILE)
            statuses.add(response.status_code)
            if response.status_code != 200:
                assert response.status_code in (400, 412, 500, 503), response.text
                message = response.json()["error"]["message"]
                assert message, mutant(weights, seed)[0]
                assert str(tmp_path) not in message
            assert await api.text(**GREEDY, model=MODEL) == expected
        shutil.copyfile(good, path)
        assert {200, 412} <= statuses
    assert server.process.poll() is None
    assert [process for process in server.engines if process in bundled] == bundled
