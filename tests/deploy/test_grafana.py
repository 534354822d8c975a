import json
import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, ProcessCollector

from hanabi.api.engine_gauges import EngineGauges
from hanabi.api.engine_metrics import EngineCollector
from hanabi.api.metrics import Metrics

DASHBOARD = json.loads((Path(__file__).resolve().parents[2] / "deploy/grafana.json").read_text())
SAMPLES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"]}


@pytest.fixture(scope="module")
def labels():
    """The labels of every series that there is, by its name."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    registry.register(EngineCollector(dict))
    registry.register(EngineGauges(dict))
    ProcessCollector(registry=registry)
    known = {}
    for family in registry.collect():
        own = next(
            (m._labelnames for m in vars(metrics).values() if _name(m) == family.name),
            getattr(family, "_labelnames", ()),
        )
        for ending in SAMPLES[family.type]:
            known[family.name + ending] = {*own, "job", "instance"}
            known[family.name + ending] |= {"le"} if ending == "_bucket" else set()
    return known


def _name(metric):
    return getattr(metric, "_name", None)


def series(expression):
    """The names and the labels that an expression asks for."""
    names = set(re.findall(r"\b(?:hanabi|process)_\w+", expression))
    asked = set(re.findall(r"(\w+)(?:=~|=|!=)\"", expression))
    for listed in re.findall(r"by \(([^)]*)\)", expression):
        asked |= {label.strip() for label in listed.split(",")}
    return names, asked


@pytest.mark.parametrize("title", PANELS)
def test_every_expression_names_what_there_is(title, labels):
    for target in PANELS[title]["targets"]:
        names, asked = series(target["expr"])
        assert names
        for name in names:
            assert name in labels
            assert asked <= labels[name], name


def test_variables_are_made_of_what_there_is(labels):
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            name, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]).groups()
            assert label in labels[name]


def test_every_variable_is_defined():
    text = json.dumps(DASHBOARD)
    defined = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    assert set(re.findall(r"\$\{?(\w+)", text)) - {"__rate_interval"} == defined


def test_no_panel_lies_over_another():
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    cells = [(p["x"] + x, p["y"] + y) for p in places for x in range(p["w"]) for y in range(p["h"])]
    assert len(cells) == len(set(cells))
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)


def test_every_metric_of_ours_is_on_it(labels):
    """Those of the engines that the others are made of apart."""
    text = json.dumps(DASHBOARD)
    ours = {re.sub("_(total|bucket|count|sum)$", "", n) for n in labels if n.startswith("hanabi_")}
    missing = {name for name in ours if name not in text}
    assert missing == {"hanabi_engine_prompt_tokens", "hanabi_engine_generated_tokens"}
