"""The keys page, as an admin uses it; what it makes is asked of the API itself."""

import re

import httpx2
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

MODEL = "accounts/fireworks/models/smollm2-135m"
SECRET = re.compile(r"hk_[\w-]{43}")


@pytest.fixture
def keys(new_page, site):
    """The keys page of the account fireworks."""
    return opened(new_page(path="/#/keys", key=site.key))


def opened(page):
    expect(page.get_by_role("heading", name="API keys", exact=True)).to_be_visible()
    expect(page.get_by_role("table", name="API keys of fireworks")).to_be_visible()
    return page


def row(page, name):
    head = page.get_by_role("rowheader", name=name)
    return page.get_by_role("row").filter(has=head)


def new_key(page, name):
    """The form for a key, its name filled in."""
    page.get_by_role("button", name="New key").click()
    form = page.get_by_role("dialog")
    expect(form.get_by_label("Name", exact=True)).to_be_focused()
    form.get_by_label("Name", exact=True).fill(name)
    return form


def create(form):
    form.get_by_role("button", name="Create key").click()


def shown_secret(page):
    """The text of a new key, out of the only dialog that shows it; closes it."""
    dialog = page.get_by_role("dialog", name="Your new key")
    expect(dialog).to_contain_text("this is the only time that it is shown")
    secret = dialog.get_by_role("code").inner_text()
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_have_count(0)
    return secret


def ask(site, key, method="GET", path="/v1/apiKey", **options):
    headers = {"authorization": f"Bearer {key}"}
    return httpx2.request(method, f"{site.url}{path}", headers=headers, trust_env=False, **options)


def made(site, name, **fields):
    """A key made beside the console."""
    body = {"apiKey": {"displayName": name} | fields}
    reply = ask(site, site.key, "POST", "/v1/accounts/fireworks/apiKeys", json=body)
    return reply.raise_for_status().json()["key"]


def test_a_key_with_all_that_it_can_have(keys, site):
    form = new_key(keys, "all of it")
    form.get_by_label("Expires").select_option("In 30 days")
    form.get_by_label("Only for some models").check()
    form.get_by_label(MODEL, exact=True).check()
    form.get_by_label("Requests per minute").fill("60")
    form.get_by_label("Tokens per minute").fill("5000")
    form.get_by_label("Requests at once").fill("2")
    form.get_by_label("Tokens per calendar month").fill("1000000")
    create(form)
    secret = shown_secret(keys)
    assert SECRET.fullmatch(secret)

    own = ask(site, secret).json()
    assert own["models"] == [MODEL]
    assert own["admin"] is False
    assert own["limits"] == {
        "requestsPerMinute": 60,
        "tokensPerMinute": 5000,
        "maxConcurrent": 2,
        "monthlyTokens": 1000000,
    }
    shown = row(keys, "all of it")
    expect(shown).to_contain_text(secret[:11])
    expect(shown).to_contain_text("smollm2-135m")
    expect(shown).to_contain_text("1,000,000 tokens/month")
    expect(shown).to_contain_text(own["expireTime"][:16].replace("T", " "))  # the browser is in UTC
    assert secret not in keys.content()


def test_a_key_that_is_but_a_name(keys, site):
    create(new_key(keys, "plain"))
    own = ask(site, shown_secret(keys)).json()
    assert own["displayName"] == "plain"
    assert own["limits"] == {}
    assert not {"expireTime", "models"} & own.keys()


def test_an_admin_key_cannot_be_for_some_models(keys, site):
    form = new_key(keys, "second admin")
    form.get_by_label("Only for some models").check()
    form.get_by_label("Admin", exact=True).check()
    expect(form.get_by_label("Only for some models")).to_be_disabled()
    expect(form.get_by_label(MODEL, exact=True)).to_be_hidden()
    create(form)
    own = ask(site, shown_secret(keys)).json()
    assert own["admin"] is True
    assert "models" not in own


def test_the_new_key_is_copied(new_page, site):
    page = opened(
        new_page(path="/#/keys", key=site.key, permissions=["clipboard-read", "clipboard-write"])
    )
    create(new_key(page, "copied"))
    dialog = page.get_by_role("dialog", name="Your new key")
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == shown_secret(page)


@pytest.mark.parametrize(
    ("label", "value", "sentence"),
    [
        ("Name", "a\u200bb", "apiKey.displayName"),
        ("Time of expiry", "2020-01-01T00:00", "apiKey.expireTime"),
        ("Only for some models", None, "apiKey.models"),
    ],
)
def test_a_refusal_stands_at_its_field(keys, label, value, sentence):
    form = new_key(keys, "refused")
    if label == "Time of expiry":
        form.get_by_label("Expires").select_option("At a time of your choice")
    field = form.get_by_label(label, exact=True)
    if value is None:
        field.check()  # and no model is chosen
    else:
        field.fill(value)
    create(form)
    refusal = form.get_by_role("alert").filter(has_text=sentence)
    expect(refusal).to_be_visible()
    expect(form.locator("[aria-invalid=true]")).to_have_count(1)
    expect(form.locator("[aria-invalid=true]")).to_be_focused()
    expect(form.get_by_label("Name", exact=True)).not_to_have_value("")

    form.get_by_label("Name", exact=True).fill("mended")  # all else but the refused field stays
    form.get_by_label("Expires").select_option("Never")
    form.get_by_label("Only for some models").uncheck()
    create(form)
    shown_secret(keys)
    expect(row(keys, "mended").first).to_be_visible()


def test_revoking_asks_first(keys, site):
    create(new_key(keys, "to be revoked"))
    secret = shown_secret(keys)
    shown = row(keys, "to be revoked")
    revoke = shown.get_by_role("button", name="Revoke")

    revoke.click()
    question = keys.get_by_role("dialog", name="Revoke to be revoked?")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    keys.keyboard.press("Enter")
    expect(question).to_have_count(0)
    assert ask(site, secret).status_code == 200

    revoke.click()
    question.get_by_role("button", name="Revoke").click()
    expect(shown).to_contain_text("revoked")
    expect(revoke).to_have_count(0)
    assert ask(site, secret).status_code == 401


def test_revoking_the_key_in_use_asks_to_sign_in_again(new_page, site):
    page = opened(new_page(path="/#/keys", key=made(site, "in hand", admin=True)))
    shown = row(page, "in hand")
    expect(shown).to_contain_text("in use here")
    shown.get_by_role("button", name="Revoke").click()
    question = page.get_by_role("dialog", name="Revoke in hand?")
    expect(question).to_contain_text("You have signed in with this key")
    question.get_by_role("button", name="Revoke").click()

    again = page.get_by_role("dialog", name="Sign in again")
    again.get_by_label("API key", exact=True).fill(site.key)
    again.get_by_role("button", name="Sign in").click()
    expect(again).to_have_count(0)
    expect(shown).to_contain_text("revoked")


def test_an_account_comes_into_being_with_its_first_key(keys, site):
    keys.get_by_role("combobox", name="Account").fill("newcomer")
    keys.keyboard.press("Enter")
    expect(keys.get_by_text("The account newcomer has no API keys")).to_be_visible()
    create(new_key(keys, "first"))
    assert ask(site, shown_secret(keys)).json()["account"] == "newcomer"
    expect(keys.get_by_role("table", name="API keys of newcomer")).to_contain_text("first")


def test_a_bad_name_of_an_account_is_refused_in_the_servers_words(keys):
    keys.get_by_role("combobox", name="Account").fill("No Such Name!")
    keys.keyboard.press("Enter")
    expect(keys.get_by_role("alert")).to_contain_text("account")
    expect(keys.get_by_role("table")).to_have_count(0)


def test_others_than_admins_have_no_keys_page(new_page, site):
    page = new_page(path="/#/keys", key=site.user_key)
    expect(page.get_by_role("link", name="Usage", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Keys", exact=True)).to_have_count(0)
    expect(page.get_by_text("Only admin keys see and make API keys")).to_be_visible()
    expect(page.get_by_role("button", name="New key")).to_be_hidden()


def test_a_lost_connection_offers_to_try_again(new_page, site):
    page = new_page(path="/#/usage", key=site.key)
    path = re.compile("/apiKeys$")
    page.route(path, lambda route: route.abort())
    page.get_by_role("navigation").get_by_role("link", name="Keys", exact=True).click()
    expect(page.get_by_role("heading", name="API keys", exact=True)).to_be_focused()
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    page.unroute(path)
    again.click()
    expect(row(page, "local")).to_contain_text("admin")
