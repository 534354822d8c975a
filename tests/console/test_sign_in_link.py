"""The link on the banner: whoever started the server is signed in by it, and nobody after them."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e


def test_the_link_signs_in_once_and_leaves_no_trace(new_page, site):
    token = site.link.partition("token=")[2]
    page = new_page(path=site.link)
    expect(page.locator("playground-page")).to_be_visible()
    assert token not in page.url
    assert page.evaluate("sessionStorage.length") > 0
    page.reload()
    expect(page.locator("playground-page")).to_be_visible()
    page.go_back()  # to before the console: the address with the token is in no history
    assert token not in page.url

    late = new_page(path=site.link)
    expect(late.get_by_text("sign-in link is good once")).to_be_visible()
    assert token not in late.url
    expect(late.locator("playground-page")).to_have_count(0)
    late.get_by_label("API key", exact=True).fill(site.key)
    late.get_by_role("button", name="Sign in", exact=True).click()
    expect(late.locator("playground-page")).to_be_visible()

    assert site.server.log.count(token) == 1  # on the banner
    for path in site.server.home.rglob("*"):
        if path.is_file() and "blobs" not in path.parts:
            assert token.encode() not in path.read_bytes(), path


def test_without_a_link_the_console_asks_for_a_key(fresh_page):
    expect(fresh_page.get_by_label("API key", exact=True)).to_be_visible()
    expect(fresh_page).to_have_url(re.compile("#/sign-in"))


@pytest.mark.parametrize("key", ["key", "user_key"])
def test_a_key_signs_in(new_page, site, key):
    page = new_page(key=getattr(site, key))
    expect(page.locator("playground-page")).to_be_visible()
