"""Beyond slots and queue a request is refused at once, with the time to come back."""

import asyncio
from collections import Counter

import pytest

from .api import Api

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

SLOTS, QUEUE = 8, 117
CAPACITY = SLOTS + QUEUE
REQUESTS = 16 * CAPACITY


async def test_2000_requests_at_16_times_the_capacity(start_server):
    server = start_server("--slots", str(SLOTS), "--queue-limit", str(QUEUE), "--context", "256")
    async with Api(server) as api:
        responses = await asyncio.gather(
            *(
                api.post(prompt="Say this is a test", max_tokens=2, stream=bool(i % 2))
                for i in range(REQUESTS)
            )
        )
        statuses = Counter(response.status_code for response in responses)
        assert set(statuses) == {200, 429}
        assert statuses[200] >= CAPACITY
        for response in responses:
            if response.status_code == 429:
                assert int(response.headers["retry-after"]) > 0
                assert response.json()["error"]["code"] == "overloaded"
                assert f"limit of {CAPACITY} requests" in response.text
            elif "event-stream" in response.headers["content-type"]:
                assert response.text.endswith("data: [DONE]\n\n")
            else:
                assert response.json()["usage"]["completion_tokens"] in {1, 2}
        await api.counted(statuses[200], status="200")
        await api.counted(statuses[429], status="429")
        # And afterwards all is as before.
        assert await api.text(prompt="Say this is a test", max_tokens=2)
