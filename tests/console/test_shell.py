"""What is around every page: the bar, titles, the focus, the theme, and what cannot be shown."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture
def models(new_page, site):
    """The models page, signed in."""
    return opened(new_page(path="/#/models", key=site.key))


def opened(page):
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    return page


def place(page, name):
    return page.get_by_role("navigation", name="Console").get_by_role("link", name=name, exact=True)


def test_the_bar_says_where_one_is(models):
    expect(models).to_have_title("Models · Hanabi")
    expect(place(models, "Models")).to_have_attribute("aria-current", "page")
    place(models, "Usage").click()
    expect(models).to_have_title("Usage · Hanabi")
    expect(place(models, "Usage")).to_have_attribute("aria-current", "page")
    expect(place(models, "Models")).not_to_have_attribute("aria-current", "page")
    models.go_back()
    opened(models)
    expect(models).to_have_title("Models · Hanabi")


def test_the_focus_goes_to_the_heading_of_a_new_page(models):
    models.get_by_role("link", name="smollm2-135m", exact=True).click()
    heading = models.get_by_role("heading", name="smollm2-135m", exact=True)
    expect(heading).to_be_focused()
    expect(models).to_have_title("smollm2-135m · Hanabi")
    models.get_by_role("main").get_by_role("link", name="Models").click()
    expect(models.get_by_role("heading", name="Models", exact=True)).to_be_focused()


def test_keys_are_for_admins(new_page, site, models):
    expect(place(models, "Keys")).to_be_visible()
    users = opened(new_page(path="/#/models", key=site.user_key))
    expect(place(users, "Usage")).to_be_visible()
    expect(place(users, "Keys")).to_have_count(0)
    expect(users.get_by_role("button", name="Create a model")).to_be_hidden()


def test_a_keyboard_skips_the_bar(models):
    models.reload()  # a keyboard begins at the page's beginning
    opened(models)
    models.keyboard.press("Tab")
    skip = models.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    models.keyboard.press("Enter")
    expect(models.get_by_role("main")).to_be_focused()
    assert models.url.endswith("/#/models")


def test_a_keyboard_finds_the_account_and_leaves(models, site):
    models.get_by_role("button", name="Account").focus()
    models.keyboard.press("Enter")
    account = models.locator("#account-menu")
    expect(account).to_contain_text("fireworks")
    expect(account).to_contain_text("admin")
    models.keyboard.press("Escape")
    expect(account).to_be_hidden()
    models.keyboard.press("Enter")
    models.keyboard.press("Tab")
    expect(models.get_by_role("button", name="Sign out")).to_be_focused()
    models.keyboard.press("Enter")
    expect(models.get_by_label("API key", exact=True)).to_be_focused()
    models.keyboard.type(site.key)
    models.keyboard.press("Enter")
    expect(models.locator("sign-in-page")).to_have_count(0)


@pytest.mark.parametrize("system", ["light", "dark"])
def test_a_theme_is_kept(new_page, site, system):
    page = opened(new_page(path="/#/models", key=site.key, theme=system))
    of_system = page.evaluate(BACKGROUND)
    other = "dark" if system == "light" else "light"
    switch = page.get_by_role("button", name=re.compile("^Theme: "))
    expect(switch).to_have_accessible_name("Theme: system; switch to light")
    switch.click()
    if other == "dark":
        switch.click()
    expect(switch).to_have_accessible_name(re.compile(f"^Theme: {other};"))
    assert page.evaluate(BACKGROUND) != of_system
    page.reload()
    opened(page)
    assert page.evaluate(BACKGROUND) != of_system
    expect(switch).to_have_accessible_name(re.compile(f"^Theme: {other};"))
    switch.click()
    if other == "light":
        switch.click()
    expect(switch).to_have_accessible_name(re.compile("^Theme: system;"))
    assert page.evaluate(BACKGROUND) == of_system


def test_an_address_that_is_none_says_so(models):
    models.evaluate("location.hash = '#/nowhere'")
    expect(models.get_by_role("heading", name="No such page")).to_be_visible()
    models.get_by_role("link", name="To the models").click()
    opened(models)


def test_a_server_that_is_away_at_the_start_can_be_tried_again(new_page, site):
    page = opened(new_page(path="/#/models", key=site.key))
    page.route("**/v1/apiKey", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("connection to the server was lost")
    page.unroute("**/v1/apiKey")
    page.get_by_role("button", name="Try again").click()
    opened(page)


@pytest.mark.parametrize("path", ["/#/models", "/#/models/accounts/fireworks/models/smollm2-135m"])
def test_a_narrow_window_has_no_sideways_scroll(new_page, site, path):
    page = new_page(path=path, key=site.key, width=380, height=700)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".models-table, .code-block").first).to_be_visible()
    for name in ("Models", "Playground", "Keys", "Usage"):
        expect(place(page, name)).to_be_in_viewport(ratio=1)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]
