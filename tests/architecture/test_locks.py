"""The lock files pin all that pyproject.toml and requirements/*.in ask for, by hash alone."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement

CLIENTS = ["openai-0.28", "fireworks-0.11", "fireworks-0.14", "fireworks-0.19", "fireworks-1"]
LOCKS = ["build", "dev", "model", "node", "reference", "runtime", *CLIENTS]
OUR_OWN = {"hanabi-client", "hanabi-llama"}


def entries(text: str) -> dict[str, list[str]]:
    """Return the versions pinned under each name; numpy, say, has one for each range of Pythons."""
    pins: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE):
        pins.setdefault(name, []).append(version)
    return pins


@pytest.fixture(scope="session")
def locks(root):
    return {name: (root / "requirements" / f"{name}.txt").read_text() for name in LOCKS}


def wanted(root, name):
    if name == "runtime":
        project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
        return [Requirement(line) for line in project["dependencies"]]
    lines = (root / "requirements" / f"{name}.in").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_what_is_asked_for(root, locks, name):
    pins = entries(locks[name])
    asked = [need for need in wanted(root, name) if need.name not in OUR_OWN]
    assert asked
    for need in asked:
        versions = pins.get(need.name, [])
        assert versions, f"{need} is not in {name}.txt: run make lock"
        assert all(need.specifier.contains(version) for version in versions), need


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_by_hash_and_names_no_place(locks, name):
    blocks = re.split(r"^(?=[a-z0-9-]+==)", locks[name], flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"://|^--?[a-z]", locks[name], re.MULTILINE)


def test_locks_that_share_an_environment_agree(locks):
    pins: dict[str, set[tuple[str, ...]]] = {}
    for name in ("build", "dev", "model", "runtime"):
        for package, versions in entries(locks[name]).items():
            pins.setdefault(package, set()).add(tuple(versions))
    assert {name: found for name, found in pins.items() if len(found) > 1} == {}
