"""The guide's own commands and programs run, with the address, the key and the model replaced."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .api import CHAT_MODEL, MODEL
from .server import PATIENCE, Server

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT.parent / "shared/guide/querying-text-models.txt"
SNIPPETS = dict(
    re.findall(
        r"^## (.+?)\n.*?^```\w+\n(.*?)^```",
        Path(__file__).with_name("guide").joinpath("snippets.txt").read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
)
CURLS = [name for name in SNIPPETS if name.endswith("curl")]
PROGRAMS = [name for name in SNIPPETS if name not in CURLS]
OLD_PYTHON = Path(sys.prefix) / "openai-0.28/bin/python"

FIRST_LINE = re.compile(r"(import|from) \w+|curl ")
LAST_LINE = re.compile(r" *print\(.*\)|asyncio\.run\(main\(\)\)| *--url \S+")


@pytest.fixture(scope="module")
def small_server(tmp_path_factory):
    """A server whose context ends replies that might otherwise go on for 2,048 tokens."""
    server = Server(tmp_path_factory.mktemp("server"), "--slots", "4", "--context", "256")
    yield server
    print(server.log)  # noqa: T201 - pytest shows it beside a failure
    server.stop()


@pytest.fixture
def run(small_server, tmp_path):
    """Run a snippet against the server; what it printed."""

    def run(name, *command):
        adapted = (
            SNIPPETS[name]
            .replace("https://api.fireworks.ai", small_server.url)
            .replace("<FIREWORKS_API_KEY>", small_server.key)
            .replace("accounts/fireworks/models/llama-v2-7b-chat", CHAT_MODEL)
            .replace("accounts/fireworks/models/llama-v2-7b", MODEL)
        )
        done = subprocess.run(
            [*command, adapted],
            check=False,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONUTF8": "1"},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_prints_real_text(run, name):
    old = name.endswith("0.28")
    if old and not OLD_PYTHON.exists():
        pytest.skip(f"no {OLD_PYTHON.relative_to(ROOT)}: make dev sets it up")
    text = run(name, OLD_PYTHON if old else sys.executable, "-c")
    assert len(text.strip()) > 1
    assert text.strip() != "None"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("name", CURLS)
def test_a_curl_command_answers_with_real_text(run, name):
    body = run(name, "sh", "-c")
    chunks = [json.loads(body)] if "streamed" not in name else streamed(body)
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
    blocks = {
        block
        for block in code_blocks(GUIDE.read_text("utf-8"))
        if "from fireworks.client" not in block
    }
    ours = {snippet.strip() for snippet in SNIPPETS.values()}
    assert blocks - ours == set()
    assert len(ours - blocks) == 1  # the streamed chat by curl
