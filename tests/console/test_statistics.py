"""The figures below a reply are those that the server told."""

import pytest
from playwright.sync_api import expect

from .completion import generate, open_completion, set_parameters, switch

pytestmark = pytest.mark.e2e


def figures(page):
    """The figures by their names."""
    statistics = page.locator("reply-statistics")
    names = statistics.locator("dt").all_text_contents()
    return dict(zip(names, statistics.locator("dd").all_text_contents(), strict=True))


def test_the_figures_of_a_reply(page):
    editor = open_completion(page)
    set_parameters(page, max_tokens="12", temperature="0")
    switch(page, "ignore_eos").check()
    editor.fill("The quick brown fox jumps over the lazy dog. " * 20)
    generate(page)
    shown = figures(page)
    assert list(shown) == ["First token", "Speed", "In", "Cached", "Out", "Finish", "Gaps"]
    assert shown["First token"].endswith("s")
    assert shown["Speed"].endswith("/s")
    assert int(shown["In"]) > 100
    assert shown["Out"] == "12"
    assert shown["Finish"] == "length"
    line = page.get_by_role("img", name="Time between pieces of text")
    expect(line).to_be_visible()
    assert len(line.locator("polyline").get_attribute("points").split()) <= 11
    # The same prompt again is in the cache.
    page.get_by_role("button", name="Undo generation").click()
    generate(page)
    assert int(figures(page)["Cached"]) > 100


def test_what_else_was_asked_for_stands_below(page):
    editor = open_completion(page)
    set_parameters(page, max_tokens="2")
    switch(page, "return_token_ids").check()
    switch(page, "raw_output").check()
    editor.fill("Hi")
    generate(page)
    page.get_by_text("prompt_token_ids, token_ids, raw_output").click()
    expect(page.locator("reply-statistics pre")).to_contain_text('"prompt_fragments"')
