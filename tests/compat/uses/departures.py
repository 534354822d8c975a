"""What the server counted of clients that left early; standard library only."""

import os
import time
from urllib.request import Request, urlopen

COUNTED_WITHIN = 5
"""Seconds. What such a client leaves behind is longer work than that."""


def departures() -> int:
    """Count the requests whose client left before the reply was whole."""
    headers = {"Authorization": f"Bearer {os.environ['FIREWORKS_API_KEY']}"}
    with urlopen(Request(f"{os.environ['SERVER']}/metrics", headers=headers)) as reply:  # noqa: S310 - the tests' own server
        lines = reply.read().decode().splitlines()
    counted = [line for line in lines if line.startswith("hanabi_requests_total{")]
    return sum(int(float(line.split()[-1])) for line in counted if 'status="499"' in line)


def await_departures(wanted: int) -> None:
    """Wait until so many have been counted."""
    deadline = time.monotonic() + COUNTED_WITHIN
    while (found := departures()) != wanted:
        assert time.monotonic() < deadline, f"{found} departures were counted, not {wanted}"
        time.sleep(0.02)
