"""More requests at once than the server takes, by today's client: once alone, once with retries."""

import asyncio
import os

import fireworks

REQUESTS = 6
FIELDS = {
    "model": os.environ["MODEL"],
    "prompt": "Say this is a test",
    "max_tokens": 30,
    "ignore_eos": True,
}


async def outcomes(retries):
    """What comes of many requests at once: replies and errors."""
    async with fireworks.AsyncFireworks(max_retries=retries) as client:
        requests = [client.completions.create(**FIELDS) for _ in range(REQUESTS)]
        return await asyncio.gather(*requests, return_exceptions=True)


async def main():
    alone = await outcomes(retries=0)
    refused = [outcome for outcome in alone if isinstance(outcome, Exception)]
    assert 0 < len(refused) < REQUESTS
    assert {type(error) for error in refused} == {fireworks.RateLimitError}
    assert all(int(error.response.headers["retry-after"]) > 0 for error in refused)

    retried = await outcomes(retries=10)
    assert [reply.usage.completion_tokens for reply in retried] == [30] * REQUESTS


asyncio.run(main())
