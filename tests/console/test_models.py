"""The models: finding one, reading about it, deleting it."""

import json
import re

import pytest
from playwright.sync_api import expect

from .modelling import ask, choose, create, heading, open_form, row, state

pytestmark = pytest.mark.e2e

BUNDLED = "accounts/fireworks/models/smollm2-135m-instruct"


@pytest.fixture
def page(models_page):
    return models_page


def test_the_list_tells_what_each_model_is(page):
    chat, base = row(page, "smollm2-135m-instruct"), row(page, "smollm2-135m")
    for text in ("fireworks", "chat", "completions", "chatml", "8,192", "93.8 MiB"):
        expect(chat.get_by_text(text, exact=True)).to_be_visible()
    expect(chat.get_by_text(re.compile("^(not )?loaded$"))).to_be_visible()
    expect(base.get_by_text("completions", exact=True)).to_be_visible()
    expect(base.get_by_text("chat", exact=True)).to_have_count(0)
    expect(chat.get_by_role("link", name=re.compile("in the playground"))).to_have_attribute(
        "href", f"#/playground?model={BUNDLED.replace('/', '%2F')}"
    )


def test_a_search_narrows_the_list(page):
    search = page.get_by_role("searchbox", name="Search models")
    search.fill("INSTRUCT smol")
    expect(row(page, "smollm2-135m")).to_have_count(0)
    expect(row(page, "smollm2-135m-instruct")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^1 of \d+ models$"))).to_be_visible()
    search.fill("no such model")
    expect(page.get_by_text("No model has all these words.")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(search).to_be_focused()
    expect(row(page, "smollm2-135m")).to_be_visible()


def test_a_key_without_models_says_so(new_page, site):
    body = {"apiKey": {"displayName": "none", "models": ["accounts/fireworks/models/absent"]}}
    key = ask(site, "POST", "/v1/accounts/fireworks/apiKeys", json=body).json()["key"]
    page = new_page(path="/#/models", key=key)
    expect(page.get_by_text("There is no model that this key may use.")).to_be_visible()
    expect(page.get_by_text("0 models")).to_be_visible()


def test_a_list_that_cannot_be_asked_for_offers_another_try(page):
    page.get_by_role("link", name="smollm2-135m", exact=True).click()
    expect(heading(page, "smollm2-135m")).to_be_visible()
    page.route("**/v1/models?details=true", lambda route: route.abort())
    page.get_by_role("main").get_by_role("link", name="Models").click()
    alert = page.get_by_role("alert").filter(visible=True)
    expect(alert).to_contain_text("connection to the server was lost")
    expect(row(page, "smollm2-135m")).to_be_visible()  # as it was known before
    page.unroute("**/v1/models?details=true")
    page.get_by_role("button", name="Try again").click()
    expect(alert).to_have_count(0)


def test_a_model_is_told_in_full(page, site):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    row(page, "smollm2-135m-instruct").get_by_role(
        "link", name="smollm2-135m-instruct"
    ).first.click()
    main = page.get_by_role("main")
    for text in (BUNDLED, "chatml", "You are a helpful assistant.", "8,192 tokens", "93.8 MiB"):
        expect(main.get_by_text(text, exact=True).first).to_be_visible()
    shown = page.get_by_role("region", name="fireworks.json").inner_text()
    details = ask(site, "GET", f"/v1/models/{BUNDLED}?details=true").json()
    assert json.loads(shown) == details["manifest"]
    assert shown == json.dumps(details["manifest"], indent=2)

    code = page.get_by_role("region", name="Code")
    for language, text in (
        ("fireworks.client", "fireworks.client"),
        ("openai (Python)", "from openai import"),
        ("openai (JavaScript)", 'from "openai"'),
        ("curl", f"{site.url}/inference/v1/chat/completions"),
    ):
        page.get_by_text(language, exact=True).click()
        expect(code).to_contain_text(text)
        expect(code).to_contain_text(BUNDLED)
        assert site.key not in code.inner_text()
    use = page.locator("section").filter(has=heading(page, "Use it"))
    use.get_by_role("button", name="Copy").click()
    expect(use.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code.inner_text()
    expect(page.get_by_role("link", name="Open in playground")).to_have_attribute(
        "href", re.compile(r"^#/playground\?model=accounts%2Ffireworks")
    )


def test_plain_http_in_a_network_can_copy_too(new_page, site):
    page = new_page(path="/#/models", key=site.key)
    expect(row(page, "smollm2-135m")).to_be_visible()
    page.add_init_script("delete Navigator.prototype.clipboard; delete Crypto.prototype.randomUUID")
    page.goto(f"/#/models/{BUNDLED}")
    page.reload()
    about = page.locator("section").filter(has=heading(page, "About"))
    about.get_by_role("button", name="Copy").click()
    expect(about.get_by_role("button", name="Copied")).to_be_visible()
    page.goto("/#/models")
    search = page.get_by_role("searchbox", name="Search models")
    search.focus()
    page.keyboard.press("Control+V")
    expect(search).to_have_value(BUNDLED)


def test_a_model_that_is_not_there_says_so(page):
    page.goto("/#/models/accounts/fireworks/models/absent")
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("Model not found")


def test_a_model_is_deleted_after_a_question(page, site, tiny):
    form = open_form(page)
    choose(form, tiny)
    form.get_by_label("Name").fill("short-lived")
    create(form)
    expect(heading(page, "short-lived")).to_be_visible()
    delete = page.get_by_role("main").get_by_role("button", name="Delete")
    delete.click()
    question = page.get_by_role("dialog", name="Delete short-lived?")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(question).to_have_count(0)
    assert state(site, "short-lived") == "READY"
    delete.click()
    question.get_by_role("button", name="Delete").click()
    expect(heading(page, "Models")).to_be_visible()
    expect(row(page, "short-lived")).to_have_count(0)
    assert state(site, "short-lived") is None


def test_who_is_no_admin_deletes_and_makes_nothing(new_page, site):
    page = new_page(path=f"/#/models/{BUNDLED}", key=site.user_key)
    expect(page.get_by_role("link", name="Open in playground")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
