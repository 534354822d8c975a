"""Runs what the pages tell a reader to run, against a live server.

A `bash` block must answer with a reply that is no error, unless the block after it shows one. A
`json` or `sse` block right after it is that reply: the same keys with values of the same kinds,
and an error to the letter.
"""

import json
import os
import subprocess
import sys
from itertools import pairwise

import pytest

from .markdown import CLIENTS, PAGES, blocks

pytestmark = pytest.mark.e2e

ADDRESS = "http://127.0.0.1:8000"
KEY = "<API_KEY>"
RUNNERS = {
    "bash": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-c"],
    **{f"python {name}": [f"{sys.prefix}/{name}/bin/python", "-c"] for name in CLIENTS},
}
ALL = [block for page in PAGES for block in blocks(page)]
REPLY_OF = {
    block: after
    for block, after in pairwise(ALL)
    if block.page == after.page and after.info in {"json", "sse"}
}


@pytest.fixture
def run(live, tmp_path):
    def run(block):
        command = block.text.replace(ADDRESS, live.url).replace(KEY, live.key)
        environment = os.environ | {
            "HANABI_HOME": str(live.home),
            "FIREWORKS_API_BASE": f"{live.url}/inference/v1",
        }
        done = subprocess.run(
            [*RUNNERS[block.info], command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def parsed(text):
    """A reply: JSON, or the list of a stream's events."""
    if not text.startswith("data: "):
        return json.loads(text)
    events = [event.removeprefix("data: ") for event in text.strip().split("\n\n")]
    assert events.pop() == "[DONE]"
    return [json.loads(event) for event in events]


def shape(value):
    """A value without what differs from run to run: its keys in order, and kinds of values."""
    match value:
        case dict():
            return [(key, shape(item)) for key, item in value.items()]
        case list():
            return [shape(item) for item in value]
        case bool() | None:
            return value
        case int() | float():
            return "number"
    return type(value).__name__


def kinds(value):
    """The shape of a reply whose arrays may have any length: alternatives of several runs."""
    match value:
        case dict() if value and all(isinstance(item, float) for item in value.values()):
            return "logprobs by token"
        case dict():
            return [(key, kinds(item)) for key, item in value.items()]
        case list():
            seen = []
            for item in value:
                if (kind := kinds(item)) not in seen:
                    seen.append(kind)
            return seen
    return shape(value)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_runs(run, page):
    """In the order of the page: a block may need what one before it did."""
    for block in blocks(page):
        if block.info == "bash":
            check_reply(run(block), REPLY_OF.get(block), str(block))
        elif block.info in RUNNERS:
            assert run(block), block


def check_reply(printed, shown, where):
    reply = parsed(printed)
    if shown is None:
        assert "error" not in reply, where
        return
    expected = parsed(shown.text)
    if "error" in expected:
        assert reply["error"] == expected["error"], where
    assert kinds(reply) == kinds(expected), where


def test_kinds_see_a_difference():
    reply = {"choices": [{"text": "a", "finish_reason": "stop"}], "usage": {"total_tokens": 1}}
    assert kinds(reply) == kinds({**reply, "usage": {"total_tokens": 23}})
    assert kinds(reply) != kinds({**reply, "usage": None})
    assert kinds(reply) != kinds({**reply, "choices": [{"text": "a", "finish_reason": None}]})
    assert kinds(reply) != kinds({**reply, "id": "x"})
