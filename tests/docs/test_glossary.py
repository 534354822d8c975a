import pytest

from .markdown import PAGES, ROOT, table

ROWS = table(PAGES["docs/glossary.md"])


def test_the_terms_are_sorted():
    terms = [term.casefold() for term, _, _ in ROWS]
    assert terms == sorted(set(terms))


@pytest.mark.parametrize(("term", "where"), [(term, where) for term, _, where in ROWS])
def test_a_term_stands_somewhere(term, where):
    assert (ROOT / "src" / "hanabi" / where.strip("`")).is_file(), term
