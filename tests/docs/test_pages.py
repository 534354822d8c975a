"""What holds for every page: fences, links, and the commands that it names."""

import re

import pytest

from hanabi.settings import OPTIONS

from .markdown import CLIENTS, PAGES, ROOT, anchor, blocks, prose

INFOS = {
    "bash",  # run by test_blocks
    "python",  # run by test_blocks
    *(f"python {client}" for client in CLIENTS),  # run by test_blocks, in its environment
    "json",  # the reply of the block before it, or a file's content
    "sse",  # the streamed reply of the block before it
    "console",  # a terminal: not run
    "text",  # not run
}


def targets(page):
    """The files and anchors inside the repository that a page links to."""
    found = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    return [link.partition("#") for link in found if not link.startswith(("http:", "https:"))]


@pytest.mark.parametrize("page", PAGES)
def test_fences_say_what_they_are(page):
    assert {block.info for block in blocks(page)} <= INFOS


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for name, _, place in targets(page):
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), f"{page} links to {name}"
        if place:
            headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
            assert place in {anchor(heading) for heading in headings}, f"{page} links to #{place}"


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_reached_from_the_readme(page):
    reached = {(ROOT / name).resolve() for name, _, _ in targets("README.md") if name}
    assert page == "README.md" or (ROOT / page).resolve() in reached


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_exist(page):
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"\bmake ([a-z-]+)\b(?=[`\s])", code(page)):
        assert re.search(rf"^{target}\b.*:", makefile, re.MULTILINE), f"{page}: make {target}"


@pytest.mark.parametrize("page", PAGES)
def test_flags_and_variables_exist(page):
    flags = {option.flag for option in OPTIONS} | {"--model"}
    for flag in re.findall(r"(?:hanabi serve|ARGS=\")[^\n`]*?(--[a-z-]+)", code(page)):
        assert flag in flags, f"{page}: {flag}"
    variables = {option.variable for option in OPTIONS} | {"HANABI_LLAMA_LIB", "HANABI_CACHE"}
    assert set(re.findall(r"\bHANABI_[A-Z_]+\b", PAGES[page])) <= variables


def code(page):
    """The code spans and terminals of a page, a line each."""
    spans = re.findall(r"`([^`\n]+)`", prose(page))
    terminals = [block.text for block in blocks(page) if block.info in {"console", "text"}]
    return "\n".join(f"{part} " for part in (*spans, *terminals))
