"""docs/lifecycle.md leads through the files: each exists, and has what the page says it has."""

import ast
import re

import pytest

from .markdown import PAGES, ROOT

PAGE = PAGES["docs/lifecycle.md"]
STEP = re.compile(r"\[`([\w/]+\.py)`\]\(([^)]+)\)|`([^`]+)`")
NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\(\))?")


def steps():
    """Each file that the page names, with the names that stand in it."""
    found = []
    for path, target, span in STEP.findall(PAGE):
        if path:
            found.append((path, target, []))
        elif found and NAME.fullmatch(span):
            found[-1][2].append(span)
    return found


def definitions(tree, prefix=""):
    """The functions, classes and constants of a file, methods as `Class.method` and as `method`."""
    names = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names |= {node.name, prefix + node.name}
            if isinstance(node, ast.ClassDef):
                names |= definitions(node, f"{node.name}.")
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def used(tree):
    """What a file uses of others, and hence names as well."""
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_it_is_a_way_through_the_files():
    paths = [path for path, _, _ in steps()]
    assert len(paths) > 50
    assert paths.index("api/auth.py") < paths.index("engine/loop.py") < paths.index("api/sse.py")


@pytest.mark.parametrize(("path", "target", "names"), steps())
def test_a_step_is_there(path, target, names):
    file = (ROOT / "docs" / target).resolve()
    assert file.is_file()
    assert file.as_posix().endswith(f"/{path}")
    tree = ast.parse(file.read_text())
    known = definitions(tree) | used(tree)
    missing = [name for name in names if name.removesuffix("()") not in known]
    assert missing == [], path


def test_the_rule_sees_what_is_not_there():
    tree = ast.parse("class A:\n    def b(self): ...\nC = 1\ndef d(): f()\n")
    assert definitions(tree) == {"A", "A.b", "b", "C", "d"}
    assert used(tree) == {"C", "f"}
