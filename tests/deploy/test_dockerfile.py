import json
import re
import shlex
from pathlib import Path

import pytest

from hanabi.settings import OPTIONS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "deploy" / "Dockerfile").read_text()
IGNORED = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().split()


@pytest.fixture(scope="module")
def lines():
    """Each instruction and what follows it, continued lines joined, comments dropped."""
    joined = re.sub(r"(?m)^#.*\n", "", TEXT).replace("\\\n", "")
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def test_every_line_is_an_instruction(lines):
    known = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENV", "VOLUME", "EXPOSE"}
    known |= {"STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT"}
    assert {instruction for instruction, _ in lines} == known


def test_what_is_copied_exists_and_is_sent_to_the_builder(lines):
    copied = [shlex.split(rest) for instruction, rest in lines if instruction == "COPY"]
    sources = [part for parts in copied if not parts[0].startswith("--") for part in parts[:-1]]
    assert "scripts/set_up.py" in sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source.partition('/')[0]}" in IGNORED


def test_all_that_the_set_up_reads_is_copied():
    for path in re.findall(r'ROOT / "(\w[\w.]*)"', (ROOT / "scripts" / "set_up.py").read_text()):
        assert re.search(rf"^COPY (.* )?{re.escape(path)} ", TEXT, re.MULTILINE), path


def test_it_runs_as_nobody_of_the_system(lines):
    last = max(i for i, (instruction, _) in enumerate(lines) if instruction == "FROM")
    assert ("USER", "hanabi") in lines[last:]


def test_it_sets_what_can_be_set(lines):
    text = "\n".join(rest for instruction, rest in lines if instruction == "ENV")
    given = dict(re.findall(r"(HANABI_\w+)=(\S+)", text))
    assert set(given) <= {option.variable for option in OPTIONS}
    assert ("VOLUME", given["HANABI_HOME"]) in lines


@pytest.mark.parametrize("name", ["ENTRYPOINT", "CMD"])
def test_commands_are_lists(name):
    for command in re.findall(rf"^\s*{name} (.*)$", TEXT, re.MULTILINE):
        assert all(isinstance(part, str) for part in json.loads(command))
