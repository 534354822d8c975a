"""The exception tree drawn in the docstring of errors.py is the one that the code has."""

import re

from hanabi import errors

LINE = re.compile(r"^(?P<indent>[ |]*)\+-- (?P<name>\w+) +(?P<status>\d{3})  \S", re.MULTILINE)


def drawn(docstring: str) -> list[tuple[str, str, int]]:
    """Return (name, parent, status) of each line of the drawing."""
    path = [(-1, "HanabiError")]
    rows = []
    for line in LINE.finditer(docstring):
        depth = len(line["indent"])
        while path[-1][0] >= depth:
            path.pop()
        rows.append((line["name"], path[-1][1], int(line["status"])))
        path.append((depth, line["name"]))
    return rows


def real(parent: type[errors.HanabiError]) -> list[tuple[str, str, int]]:
    """Return (name, parent, status) of each class below a class, in the order they are written."""
    return [
        row
        for child in parent.__subclasses__()
        if child.__module__ == errors.__name__
        for row in [(child.__name__, parent.__name__, child.status), *real(child)]
    ]


def test_the_drawing_is_the_tree():
    assert drawn(errors.__doc__) == real(errors.HanabiError)


def test_the_drawing_is_read():
    text = " +-- A   400  a\n |    +-- B  401  b\n +-- C   402  c\n      +-- D 403  d\n"
    assert drawn(text) == [
        ("A", "HanabiError", 400),
        ("B", "A", 401),
        ("C", "HanabiError", 402),
        ("D", "C", 403),
    ]


def test_the_tree_is_no_stump():
    assert len(real(errors.HanabiError)) >= 10
