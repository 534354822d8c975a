"""The parts of a Markdown page that the tests look at."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in (
        *(ROOT / name for name in ("README.md", "CHANGELOG.md", "client/README.md")),
        *sorted((ROOT / "docs").glob("*.md")),
    )
}
"""Every page by its path from the root."""

CLIENTS = ("openai-0.28", "fireworks-0.11", "fireworks-0.14", "fireworks-0.19", "fireworks-1")
"""The clients with environments of their own: a block for one says so behind `python`."""

_FENCE = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: the page's path from the root.
        line: where it begins.
        info: what stands behind the opening fence.
        text: what is in it.
    """

    page: str
    line: int
    info: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = PAGES[page]
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[1], found[2])
        for found in _FENCE.finditer(text)
    ]


def prose(page: str) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", PAGES[page])


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of its level or above."""
    level = heading.partition(" ")[0]
    _, found, rest = f"\n{text}".partition(f"\n{heading}\n")
    assert found, f"there is no heading {heading!r}"
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def tables(text: str) -> list[list[tuple[str, ...]]]:
    """The tables of a text, each its rows without the head."""
    found = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    return [[_cells(line) for line in rows.splitlines()[2:]] for rows in found]


def table(text: str) -> list[tuple[str, ...]]:
    """The rows of the one table of a text, without its head."""
    (rows,) = tables(text)
    return rows


def _cells(line: str) -> tuple[str, ...]:
    cells = line[1:-1].replace(r"\|", "\0").split("|")
    return tuple(cell.strip().replace("\0", "|") for cell in cells)


def anchor(heading: str) -> str:
    """What GitHub makes of a heading's text for links to it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
