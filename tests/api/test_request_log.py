import asyncio
import io
import json
import logging

import pytest

from hanabi.errors import EngineCrashedError
from hanabi.generation.text import TextEvent
from hanabi.logs import set_up_logs

MODEL = "accounts/fireworks/models/fake"
PROMPT = "the secret of the prompt"
FORMATTED = "<s>Say"
"""The prompt as the fake service reads it."""


@pytest.fixture
def out():
    return io.StringIO()


@pytest.fixture
def log_as(out):
    """Log to `out` in a style, until the test has ended."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield lambda style, least="info": set_up_logs(style, least, out)
    root.handlers[:] = handlers
    root.setLevel(level)


def logged(out):
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_for_each_request(api, log_as, out):
    log_as("json")
    reply = api.completion(prompt=PROMPT)
    (line,) = logged(out)
    assert line.pop("seconds") >= 0
    del line["timestamp"]
    assert line == {
        "level": "info",
        "logger": "hanabi.api.request_log",
        "event": "request",
        "request_id": reply.headers["x-request-id"],
        "method": "POST",
        "route": "/v1/completions",
        "account": "tester",
        "key": "key-1",
        "status": 200,
        "whole": True,
        "model": MODEL,
        "prompt_tokens": 3,
        "completion_tokens": 2,
    }


def test_a_reply_that_broke_off_and_one_that_never_began(api, log_as, out, forever):
    log_as("json")
    api.service.steps = [[TextEvent(0, "Hi")], EngineCrashedError("gone")]
    api.completion(stream=True)
    api.service.steps = forever

    async def leave():
        async def receive():
            return {"type": "http.disconnect"}

        scope = {"type": "http", "method": "POST", "path": "/v1/completions", "headers": []}
        scope["headers"] = [(b"authorization", b"Bearer hanabi-test-key")]
        await api.app(scope | {"query_string": b"", "root_path": ""}, receive, None)

    asyncio.run(leave())
    whole, gone = [line for line in logged(out) if line["event"] == "request"]
    assert (whole["status"], whole["completion_tokens"]) == (200, 0)
    assert (gone["status"], gone["whole"]) == (499, False)
    assert "model" not in gone


@pytest.mark.parametrize("path", ["/v1/models/secret-path", "/nowhere/secret-path"])
def test_a_path_is_told_by_its_template(api, log_as, out, path):
    log_as("json")
    api.call("GET", f"{path}?key=secret-query")
    (line,) = logged(out)
    assert line["route"] == ("/v1/models/{model_id:path}" if "models" in path else None)
    assert "secret" not in out.getvalue()


@pytest.mark.parametrize("style", ["console", "json"])
def test_no_secret_is_ever_logged(api, key, log_as, out, style):
    """Everything a client sends, through every outcome, at the level that tells most."""
    log_as(style, "debug")
    wrong = "hk_wrong-but-still-a-secret"
    for outcome in (api.service.steps, [RuntimeError("broken")], EngineCrashedError("gone")):
        api.service.steps = outcome
        for stream in (False, True):
            api.completion(prompt=PROMPT, stream=stream, stop=[PROMPT], user=PROMPT)
            api.chat(messages=[{"role": "user", "content": PROMPT}], stream=stream)
            api.completion(prompt=PROMPT, nonsense=PROMPT)
    api.call("POST", "/v1/completions", PROMPT.encode())
    api.call("POST", "/v1/completions", {"prompt": PROMPT}, key=wrong)
    api.call("GET", f"/v1/models/{wrong}?api_key={wrong}", headers=[(b"x-key", wrong.encode())])
    assert out.getvalue().count("request_id") >= 21
    assert "broken" in out.getvalue()
    for secret in (key, wrong, PROMPT, FORMATTED):
        assert secret not in out.getvalue()


@pytest.mark.parametrize("style", ["console", "json"])
def test_prompts_are_logged_where_that_was_asked_for(make_api, key, log_as, out, style):
    log_as(style)
    make_api(log_prompts=True).completion(prompt=PROMPT)
    assert f"prompts=['{FORMATTED}']" in out.getvalue() or logged(out)[0]["prompts"] == [FORMATTED]
    assert key not in out.getvalue()
