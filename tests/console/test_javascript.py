"""The console's modules by themselves: `deno test` runs their unit tests; `make lint` checks them.

Nothing of it needs a network.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from hanabi.console.assets import STATIC

from .deno import DENO, ROOT, SETTINGS

UNITS = sorted((ROOT / "tests" / "console" / "unit").glob("*_test.js"))
MODULES = sorted(STATIC.rglob("*.js"))
PURE = [path for path in MODULES if path.parent.name == "lib"]


def deno(*arguments, stderr=subprocess.STDOUT):
    return subprocess.run(
        [DENO, *arguments],
        cwd=ROOT,
        env=os.environ | SETTINGS,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_unit(path):
    done = deno("test", "--quiet", "--no-check", "--no-prompt", "--allow-read", path)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout, done.stdout


def imports(path):
    """What this module and each that it reaches says that it imports, types aside."""
    done = deno("info", "--json", path, stderr=None)
    assert done.returncode == 0
    return {
        Path(module["local"]): [
            found["specifier"] for found in module.get("dependencies", []) if "code" in found
        ]
        for module in json.loads(done.stdout)["modules"]
        if "local" in module  # it is there, and was read
    }


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    """What all modules of the console and of its unit tests import."""
    root = tmp_path_factory.mktemp("graph") / "all.js"
    root.write_text("".join(f'import "{path.as_uri()}";\n' for path in (*MODULES, *UNITS)))
    return imports(root)


def test_modules_import_each_other_and_nothing_else(graph):
    for path in MODULES:
        for name in graph[path]:
            assert name.startswith("."), f"{path.name} imports {name}"
            assert (path.parent / name).resolve() in MODULES, f"{path.name} imports {name}: absent"


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.stem)
def test_pure_modules_import_only_such(path, graph):
    assert all(name.startswith("./") for name in graph[path])


def test_every_pure_module_is_reached_by_a_unit_test(graph):
    reached, ahead = set(), list(UNITS)
    while ahead:
        path = ahead.pop()
        for name in graph[path]:
            target = (path.parent / name).resolve()
            if target in MODULES and target not in reached:
                reached.add(target)
                ahead.append(target)
    assert [path.name for path in PURE if path not in reached] == []
    assert PURE


def test_the_rules_see(tmp_path):
    path = tmp_path / "x.js"
    (tmp_path / "a.js").write_text('import "./x.js";\n')
    path.write_text(
        'import { a } from "./a.js";\nimport {\n  b,\n} from "b";\n'
        'export { c } from "./c.js";\nconst d = await import("./d.js");\n'
        '/** @import {E} from "./e.js" */\n// import { f } from "f";\n'
        'const program = `\nimport { g } from "g";`;\n'
    )
    assert imports(path) == {
        path: ["./a.js", "b", "./c.js", "./d.js"],
        path.parent / "a.js": ["./x.js"],
    }
