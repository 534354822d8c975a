"""The guide's own commands and programs run, with the address, the key and the model replaced."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ..e2e.api import CHAT_MODEL, MODEL  # noqa: TID252 - tests/ is not on the path
from ..e2e.server import PATIENCE  # noqa: TID252 - likewise
from .clients import CLIENTS

pytestmark = pytest.mark.e2e

GUIDE = Path(__file__).resolve().parents[3] / "shared/guide/querying-text-models.txt"
SNIPPETS = {
    (title, dialect): snippet
    for title, dialect, snippet in re.findall(
        r"^## ([^\n,]+), ([^\n]+)\n.*?^```\w+\n(.*?)^```",
        Path(__file__).with_name("guide.txt").read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
}
CURLS = [snippet for snippet in SNIPPETS if snippet[1] == "curl"]
PROGRAMS = [
    (client, snippet) for client in CLIENTS for snippet in SNIPPETS if snippet[1] == client.dialect
]
NO_COMPLETIONS = "object has no attribute 'completions'"
"""A name that came with 0.15, as one more for `completion`."""

TO_THE_LETTER = "streamed chat to the letter"
CANNOT = {
    ("fireworks 0.11", "streamed completion"): NO_COMPLETIONS,
    ("fireworks 0.11", "async streamed completion"): NO_COMPLETIONS,
    # It heeds no stream=True, and its loop is over the fields of the whole reply.
    ("fireworks 0.11", "streamed chat"): "'tuple' object has no attribute 'choices'",
    ("fireworks 0.14", "streamed completion"): NO_COMPLETIONS,
    ("fireworks 0.14", "async streamed completion"): NO_COMPLETIONS,
    # Before 1.0, `create` of an AsyncFireworks is not async; that is what `acreate` is for.
    ("fireworks 0.19", "async streamed completion"): "can't be used in 'await' expression",
    # 1.0 took the early name away.
    ("fireworks 1", "completion"): "object has no attribute 'completion'",
}
"""What a client has no way to do, as the guide writes it, and how that ends: the last line."""

FIRST_LINE = re.compile(r"(import|from) \w+|curl ")
LAST_LINE = re.compile(r" *print\(.*\)|asyncio\.run\(main\(\)\)| *--url \S+")


def adapted(snippet, server):
    """A snippet with the address, the key and the model of a server."""
    return (
        SNIPPETS[snippet]
        .replace("https://api.fireworks.ai", server.url)
        .replace("<FIREWORKS_API_KEY>", server.key)
        .replace("accounts/fireworks/models/llama-v2-7b-chat", CHAT_MODEL)
        .replace("accounts/fireworks/models/llama-v2-7b", MODEL)
    )


def name(parameter):
    return ", ".join(parameter) if isinstance(parameter, tuple) else str(parameter)


@pytest.mark.parametrize(("client", "snippet"), PROGRAMS, ids=name)
def test_a_program_prints_real_text(installed, server, tmp_path, snippet):
    done = installed.run(server, tmp_path, "-c", adapted(snippet, server))
    title, _ = snippet
    error = CANNOT.get((installed.name, title))
    if title == TO_THE_LETTER:
        error = "NameError: name 'response_generator' is not defined"
    if error:
        assert done.returncode != 0
        assert error in done.stderr.splitlines()[-1]
        return
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.strip()) > 1
    assert done.stdout.strip() != "None"


def test_what_clients_cannot_do_is_of_the_guide():
    assert set(CANNOT) <= {(client.name, title) for client, (title, _) in PROGRAMS}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("snippet", CURLS, ids=name)
def test_a_curl_command_answers_with_real_text(server, tmp_path, snippet):
    done = subprocess.run(
        ["sh", "-c", adapted(snippet, server)],  # noqa: S607 - the guide's reader types it there
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    chunks = streamed(done.stdout) if "streamed" in snippet[0] else [json.loads(done.stdout)]
    pieces = [piece for chunk in chunks for piece in chunk["choices"]]
    text = "".join(
        piece.get("text", "")
        + (piece.get("message") or piece.get("delta") or {}).get("content", "")
        for piece in pieces
    )
    assert len(text.strip()) > 1
    assert pieces[-1]["finish_reason"] in {"stop", "length"}
    assert chunks[-1]["usage"]["completion_tokens"] > 0


def streamed(body):
    """The chunks of a stream."""
    *frames, done, end = body.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    assert len(frames) > 1
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]


def code_blocks(text):
    """The blocks of a page from which the marks of code are gone."""
    lines = text.splitlines()
    starts = [
        number
        for number, line in enumerate(lines)
        if FIRST_LINE.match(line) and not FIRST_LINE.match(lines[number - 1])
    ]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        block = lines[start:end]
        last = max(number for number, line in enumerate(block) if LAST_LINE.fullmatch(line))
        yield "\n".join(block[: last + 1])


@pytest.mark.skipif(not GUIDE.exists(), reason="the guide is not beside this checkout")
def test_no_block_of_the_guide_is_missing():
    blocks = set(code_blocks(GUIDE.read_text("utf-8")))
    ours = {snippet.strip(): title for title, snippet in SNIPPETS.items()}
    assert blocks - set(ours) == set()
    assert {ours[snippet] for snippet in set(ours) - blocks} == {
        ("streamed chat", "curl"),
        ("streamed chat", "fireworks"),
    }
