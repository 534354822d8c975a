"""Signing in by a key: where it is kept, what is said of a bad one, and coming back afterwards."""

import re
from contextlib import contextmanager

import httpx2
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

KEYS = "/v1/accounts/fireworks/apiKeys"


def ask(site, method, path, **options):
    headers = {"authorization": f"Bearer {site.key}"}
    reply = httpx2.request(method, f"{site.url}{path}", headers=headers, trust_env=False, **options)
    return reply.raise_for_status().json()


@pytest.fixture
def guest(site):
    """A key of an admin that may be revoked: its text and its id."""
    made = ask(site, "POST", KEYS, json={"apiKey": {"displayName": "A guest's", "admin": True}})
    return made["key"], made["keyId"]


def revoke(site, key_id):
    ask(site, "DELETE", f"{KEYS}/{key_id}")


def key_field(page):
    return page.get_by_label("API key", exact=True)


def submit(page, key):
    key_field(page).fill(key)
    page.get_by_role("button", name="Sign in", exact=True).click()


@contextmanager
def disconnected(page):
    """Lose what is asked of the API; the console's own files may still be on their way."""
    page.route("**/v1/**", lambda route: route.abort())
    yield
    page.unroute("**/v1/**")


def models(page):
    return page.get_by_role("heading", name="Models", exact=True)


def test_the_key_field_waits_for_a_keyboard(fresh_page):
    expect(fresh_page).to_have_title("Sign in · Hanabi")
    expect(key_field(fresh_page)).to_be_focused()
    expect(fresh_page.get_by_role("navigation")).to_have_count(0)


def test_a_bad_key_says_so_in_place(fresh_page):
    submit(fresh_page, "hk_wrong")
    alert = fresh_page.get_by_role("alert")
    expect(alert).to_contain_text(re.compile("key", re.IGNORECASE))
    expect(key_field(fresh_page)).to_have_value("hk_wrong")
    expect(key_field(fresh_page)).to_have_attribute("aria-invalid", "true")
    assert fresh_page.evaluate("sessionStorage.length + localStorage.length") == 0

    submit(fresh_page, "schlüssel")
    expect(alert).to_contain_text("printable ASCII")


def test_one_arrives_where_one_wanted_to_go(new_page, site):
    page = new_page(path="/#/models/accounts/fireworks/models/smollm2-135m", key=site.key)
    expect(page.get_by_role("heading", name="smollm2-135m", exact=True)).to_be_visible()
    assert page.url.endswith("/#/models/accounts/fireworks/models/smollm2-135m")


def test_a_key_is_kept_for_the_tab_alone(new_page, site):
    page = new_page(path="/#/models", key=site.key)
    page.reload()
    expect(models(page)).to_be_visible()
    other = page.context.new_page()
    other.goto("/#/models")
    expect(key_field(other)).to_be_visible()
    assert page.evaluate("localStorage.length") == 0


def test_a_key_is_remembered_on_request_until_sign_out(new_page, site):
    page = new_page(path="/#/models")
    page.get_by_label("Remember on this device").check()
    submit(page, site.key)
    expect(models(page)).to_be_visible()
    other = page.context.new_page()
    other.goto("/#/models")
    expect(models(other)).to_be_visible()

    other.get_by_role("button", name="Account").click()
    other.get_by_role("button", name="Sign out").click()
    expect(key_field(other)).to_be_focused()
    assert other.evaluate("localStorage.length + sessionStorage.length") == 0
    other.reload()
    expect(key_field(other)).to_be_visible()


def test_a_lost_connection_offers_another_try(new_page, site):
    page = new_page(path="/#/models")
    with disconnected(page):
        submit(page, site.key)
        expect(page.get_by_role("alert")).to_contain_text("connection to the server was lost")
        expect(key_field(page)).to_have_value(site.key)
    page.get_by_role("button", name="Try again").click()
    expect(models(page)).to_be_visible()


def test_a_kept_key_that_was_revoked_leads_to_sign_in_and_back(new_page, site, guest):
    key, key_id = guest
    page = new_page(path="/#/models", key=key)
    expect(models(page)).to_be_visible()
    revoke(site, key_id)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("does not take the API key")
    submit(page, site.key)
    expect(models(page)).to_be_visible()


def test_a_key_that_is_revoked_meanwhile_loses_nothing(new_page, site, guest):
    key, key_id = guest
    page = new_page(path="/#/models", key=key)
    expect(page.locator("[aria-busy=false]")).to_be_visible()  # nothing else asks with the key
    page.get_by_role("searchbox", name="Search models").fill("instruct")
    page.get_by_role("button", name="Create a model").click()
    form = page.get_by_role("form", name="Create a model")
    form.get_by_label("Name").fill("smollm2-135m")
    file = {"name": "x.gguf", "mimeType": "application/octet-stream", "buffer": b"GGUF"}
    form.get_by_label("GGUF file").set_input_files(file)
    revoke(site, key_id)
    form.get_by_role("button", name="Create", exact=True).click()

    dialog = page.get_by_role("dialog", name="Sign in again")
    expect(key_field(dialog)).to_be_focused()
    submit(dialog, "hk_wrong")
    expect(dialog.get_by_role("alert")).to_be_visible()
    submit(dialog, site.key)
    expect(dialog).to_have_count(0)
    # The request was made again by the new key: there is such a model.
    expect(form.get_by_role("alert")).to_contain_text("smollm2-135m")
    expect(form.get_by_label("Name")).to_have_value("smollm2-135m")
    expect(form).to_contain_text("x.gguf")
    expect(page.get_by_role("searchbox", name="Search models")).to_have_value("instruct")


def test_without_another_key_the_refusal_is_told_in_place(new_page, site, guest):
    key, key_id = guest
    page = new_page(path="/#/models/accounts/fireworks/models/smollm2-135m", key=key)
    expect(page.locator("[aria-busy=false]")).to_be_visible()  # nothing else asks with the key
    revoke(site, key_id)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Sign in again")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_be_enabled()
