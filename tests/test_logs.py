import asyncio
import io
import json
import logging

import pytest

from hanabi.logs import set_up_logs


@pytest.fixture(autouse=True)
def as_before():
    """Other tests go on with pytest's own set-up."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    uvicorn = logging.getLogger("uvicorn.error")
    filters = uvicorn.filters[:]
    yield
    uvicorn.filters[:] = filters
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def out():
    return io.StringIO()


def test_a_json_line(out):
    set_up_logs("json", "info", out)
    logging.getLogger("hanabi.app").info("loading %s", "x", extra={"n": 1, "route": None})
    line = json.loads(out.getvalue())
    assert next(iter(line)) == "timestamp"
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "hanabi.app",
        "event": "loading x",
        "n": 1,
        "route": None,
    }


def test_a_line_for_people(out):
    set_up_logs("console", "info", out)
    logging.getLogger("hanabi.app").warning("loading", extra={"model": "a\nb", "n": 1})
    (line,) = out.getvalue().splitlines()
    assert "[warning" in line
    assert "hanabi.app" in line
    assert line.endswith(r"model='a\nb' n=1")
    assert "\x1b" not in line


@pytest.mark.parametrize("style", ["console", "json"])
def test_an_exception_is_told_without_the_values_of_its_variables(out, style):
    set_up_logs(style, "info", out)
    prompt = "a secret" + " of mine"
    try:
        len(prompt) / 0
    except ZeroDivisionError:
        logging.getLogger("hanabi").exception("failed")
    assert "division by zero" in out.getvalue()
    assert "test_logs.py" in out.getvalue()
    assert "a secret of mine" not in out.getvalue()
    if style == "json":
        assert "division" in json.loads(out.getvalue())["exception"]


def test_the_level_and_what_is_no_news(out):
    set_up_logs("json", "info", out)
    logging.getLogger("hanabi").debug("no")
    logging.getLogger("alembic.runtime").info("no")
    logging.getLogger("another.library").info("yes", extra={"color_message": "no"})
    (line,) = map(json.loads, out.getvalue().splitlines())
    assert (line["event"], line["logger"]) == ("yes", "another.library")
    assert "color_message" not in line


def test_what_json_has_no_word_for(out):
    set_up_logs("json", "info", out)
    logging.getLogger("hanabi").info("x", extra={"value": {1j}})
    assert json.loads(out.getvalue())["value"] == ["1j"]


@pytest.mark.parametrize(
    ("error", "told"), [(asyncio.CancelledError(), False), (ValueError("x"), True), (None, True)]
)
def test_requests_that_a_drain_cuts_off_have_no_traceback(out, error, told):
    set_up_logs("json", "info", out)
    failed = logging.makeLogRecord({"exc_info": error and (type(error), error, None)})
    assert bool(logging.getLogger("uvicorn.error").filter(failed)) == told
