"""What axe-core finds on every page, and the playground without a mouse."""

import re
from contextlib import contextmanager, nullcontext
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
SEVERE = {"serious", "critical"}
THEMES = ["light", "dark"]
NARROW = 380
WIDTHS = [1280, NARROW]


def violations(page):
    """What axe finds that is serious or worse; by CDP, since the page's policy forbids scripts."""
    page.evaluate(AXE)
    found = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in found
        if each["impact"] in SEVERE
        for node in each["nodes"]
    ]


def check(page):
    assert violations(page) == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("path", "ready"),
    [
        ("/#/models", "Models"),
        ("/#/models/accounts/fireworks/models/smollm2-135m-instruct", "smollm2"),
        ("/#/playground", "Playground"),
        (
            "/#/playground?model=accounts/fireworks/models/smollm2-135m&mode=completion",
            "Playground",
        ),
        ("/#/keys", "API keys"),
        ("/#/usage", "Usage"),
        ("/#/nowhere", "No such page"),
    ],
)
def test_pages(new_page, site, path, ready, width, theme):  # noqa: PLR0917 - two are fixtures
    page = new_page(key=site.key, path=path, width=width, theme=theme)
    expect(page.get_by_role("heading", level=1, name=re.compile(ready))).to_be_attached()
    page.wait_for_load_state("networkidle")
    check(page)


@pytest.mark.parametrize("theme", THEMES)
def test_sign_in(new_page, theme):
    page = new_page(theme=theme)
    page.get_by_label("API key", exact=True).fill("hk_wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(re.compile("[Kk]ey"))
    check(page)


@pytest.mark.parametrize("theme", THEMES)
def test_dialogs(new_page, site, theme):
    page = new_page(key=site.key, path="/#/keys", theme=theme)
    page.get_by_role("button", name="New key").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Revoke").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Account", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    check(page)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_conversation_and_the_dialogs_of_the_playground(new_page, site, width, theme):
    page = new_page(key=site.key, width=width, theme=theme)
    say(page, "Say hello.")
    reply = page.locator("chat-message").nth(1)
    expect(reply.get_by_role("button", name="Regenerate")).to_be_attached()
    check(page)
    reply.get_by_role("button", name="Tokens").click()
    expect(reply.locator("token-view .token").first).to_be_visible()
    check(page)
    for name in ("View code", "Exact prompt", "Share"):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        check(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["Conversations", "Parameters"])
def test_the_columns_before_a_narrow_playground(new_page, site, name, theme):
    page = new_page(key=site.key, width=380, theme=theme)
    with column(page, name):
        check(page)


@contextmanager
def column(page, name):
    """Open one of the columns beside the view where it is narrow, and close it again."""
    button = page.get_by_role("button", name=name, exact=True)
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    yield
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-expanded", "false")


def say(page, text):
    """Send a message by the keyboard alone, for a short reply."""
    tokens = page.get_by_label("Max tokens", exact=True)
    is_narrow = page.viewport_size["width"] == NARROW
    with column(page, "Parameters") if is_narrow else nullcontext():
        tokens.fill("8")
    field = page.get_by_label("Message", exact=True)
    field.focus()
    page.keyboard.type(text)
    page.keyboard.press("Control+Enter")


def tab_to(page, target):
    """Press Tab until something has the focus, as a person would who sees where it is."""
    for _ in range(200):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the Tab key never leads to {target}")


def test_the_playground_without_a_mouse(new_page, site):
    page = new_page(key=site.key)
    expect(page.locator("chat-view")).to_be_visible()
    tab_to(page, page.get_by_role("link", name="Skip to content"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()

    tab_to(page, page.get_by_label("Use chat template"))
    field = page.get_by_label("Message", exact=True)
    tab_to(page, field)
    page.keyboard.type("Count to a thousand.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".growing")).to_be_visible()
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".growing")).to_have_count(0)

    view_code = page.get_by_role("button", name="View code")
    tab_to(page, view_code)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("dialog => dialog.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(view_code).to_be_focused()
