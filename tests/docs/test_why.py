"""Every dependency has its reason in docs/why.md, and every reason its dependency."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from .markdown import PAGES, ROOT, section

PAGE = PAGES["docs/why.md"]
SEVERAL = ("openai==", "fireworks-ai")
"""How the lines of packages that are there in several versions begin; they go by the whole line."""


def needs(text):
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {line if line.startswith(SEVERAL) else Requirement(line).name for line in lines}


def reasons(*headings):
    """The reasons below these headings by the name that each begins with."""
    text = "".join(section(PAGE, heading) for heading in headings)
    return dict(re.findall(r"^\*\*(.+?)\*\*: ?((?:.+\n?)+)", text, re.MULTILINE))


@pytest.fixture(scope="session")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_runtime_dependencies(project):
    wanted = needs("\n".join(project["project"]["dependencies"]))
    assert set(reasons("## Runtime dependencies")) == wanted


def test_other_dependencies(project):
    wanted = needs("\n".join(project["build-system"]["requires"]))
    for path in (ROOT / "requirements").glob("*.in"):
        wanted |= needs(path.read_text())
    headings = ("## The bundled model", "## Build and set-up", "## Development dependencies")
    assert set(reasons(*headings)) == wanted


def test_a_runtime_dependency_was_weighed():
    found = reasons("## Runtime dependencies")
    assert [name for name, reason in found.items() if "Weighed:" not in reason] == []
