"""docs/api.md against the source: routes, fields, limits, errors, headers."""

import re

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from hanabi import errors
from hanabi.api.dependencies import Dependencies
from hanabi.api.drain import Drain
from hanabi.api.metrics import Metrics
from hanabi.api.prefixes import PREFIXES
from hanabi.api.routes import routes
from hanabi.errors import HanabiError

from .fields import LABELS, field_rows, lacking_rows
from .markdown import PAGES, section, table, tables

PAGE = PAGES["docs/api.md"]


def route_rows():
    """Method and path, whether a key is needed, what it does; below the prefixes, at the root."""
    table = routes(
        Dependencies(
            service=None,
            catalog=None,
            listing=None,
            registry=None,
            uploads=None,
            delete_model=None,
            keys=None,
            database=None,
            accounting=None,
            metrics=Metrics(CollectorRegistry()),
            drain=Drain(),
            assets=None,
            login=None,
        )
    )
    below, root = [], []
    for route in table:
        if not route.documented:
            continue
        path = route.paths[0].removeprefix(PREFIXES[0]).replace(":path", "")
        row = (f"`{route.method} {path}`", "no" if route.open else "yes", route.summary)
        (below if len(route.paths) > 1 else root).append(row)
    return below, root


def error_rows():
    """Status, type and code of each error a client can meet, and what it means."""
    found = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, HanabiError)
    ]
    rows = {
        (str(kind.status), f"`{kind.type}`", f"`{kind.code}`"): meaning(kind)
        for kind in reversed(found)
    }
    return sorted((*row, text) for row, text in rows.items())


def meaning(kind):
    """The first line of an exception's docstring; the root stands for what is not foreseen."""
    if kind is HanabiError:
        return "The server failed; its log has the reason."
    return kind.__doc__.partition("\n")[0].partition(";")[0].rstrip(".") + "."


def test_routes():
    below, root = tables(section(PAGE, "## Routes"))
    assert (below, root) == route_rows()


def test_prefixes():
    text = section(PAGE, "## Routes")
    assert tuple(re.findall(r"`(/[a-z/]*v1(?:/v1)?)`", text)) == PREFIXES


def test_fields():
    fields = section(PAGE, "## Fields").partition("### Accepted and not used")[0]
    rows = [row for rows in tables(fields) for row in rows]
    shown = {row[0]: row for row in rows}
    assert len(shown) == len(rows)
    for row in field_rows():
        name, values, default, text = row
        assert shown.pop(name, None) == (name, values, default, text), f"should be {row}"
    assert shown == {}


def test_labels():
    found = re.findall(r"`(\w+)`", section(PAGE, "### Accepted and not used"))
    assert tuple(found) == LABELS


def test_fields_that_are_lacking():
    assert table(section(PAGE, "### Not supported")) == lacking_rows()


def test_errors():
    assert sorted(table(section(PAGE, "## Errors"))) == error_rows()


@pytest.mark.e2e
def test_headers(live):
    rows = table(section(PAGE, "## Headers of a reply"))
    with httpx2.Client(base_url=live.url) as client:
        client.headers["authorization"] = f"Bearer {live.key}"
        body = {"model": "accounts/fireworks/models/smollm2-135m", "prompt": "a", "max_tokens": 1}
        path = "/inference/v1/completions"
        sent = {
            "every": ours(client.get("/health")),
            "generated text": ours(client.post(path, json=body | {"stream": True})),
            "generated text, not streamed": ours(client.post(path, json=body)),
        }
    kinds = ["every", "generated text", "generated text, not streamed"]
    for at, kind in enumerate(kinds):
        wanted = {name.strip("`") for name, reply, _ in rows if reply in kinds[: at + 1]}
        assert sent[kind] == wanted, kind


def ours(reply):
    """The headers of a reply that this server makes up."""
    return {name for name in reply.headers if name.startswith(("x-request", "fireworks-"))}
