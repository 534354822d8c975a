"""Prompt logprobs of a long prompt: every row comes, and no vocabulary-sized row is kept for it."""

from pathlib import Path

import pytest

from .api import Api
from .server import Server

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

TOKENS = 4000
VOCABULARY = 49_152
ALL_ROWS_MIB = TOKENS * VOCABULARY * 4 / 2**20
SENTENCE = "The quick brown fox jumps over the lazy dog. "


@pytest.fixture
def long_server(tmp_path):
    server = Server(tmp_path, "--slots", "1", "--context", "4224", "--kv-memory", "256M")
    yield server
    server.stop()


def peak_mib(process) -> float:
    """The most memory that a process ever held."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    kilobytes = next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]
    return int(kilobytes) / 1024


async def test_the_rows_of_a_long_prompt_are_not_in_memory_at_once(long_server):
    async with Api(long_server) as api:
        ids = (await api.tokenize(SENTENCE * (TOKENS // 8)))[:TOKENS]
        assert len(ids) == TOKENS
        (engine,) = long_server.engines
        before = peak_mib(engine)
        reply = await api.post(prompt=ids, max_tokens=0, echo=True, logprobs=5)
        grown = peak_mib(engine) - before
    rows = reply.json()["choices"][0]["logprobs"]
    assert len(rows["token_logprobs"]) == TOKENS
    assert {len(row) for row in rows["top_logprobs"][1:]} == {5}
    print(f"{grown:.0f} MiB more at the peak; all rows at once would be {ALL_ROWS_MIB:.0f} MiB")  # noqa: T201 - shown by -rP
    assert grown < ALL_ROWS_MIB / 4  # most of it is the KV cache, whose pages are new
