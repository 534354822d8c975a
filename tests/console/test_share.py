"""Links that carry a conversation."""

import secrets

import pytest
from playwright.sync_api import expect

from .chatting import (
    await_reply,
    composer,
    converse,
    messages,
    replies,
    say,
    set_parameters,
    stream,
)


def link_of(page):
    page.get_by_role("button", name="Share").click()
    link = page.get_by_role("dialog").get_by_role("textbox", name="Link").input_value()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    return link


def test_a_link_shows_the_conversation_and_sends_nothing(page, new_page, site):
    set_parameters(page, Max_tokens=7)
    page.get_by_text("System prompt").first.click()
    page.get_by_role("textbox", name="System prompt").fill("You are a pirate. 花火")
    with replies(page, stream("Arr, **I** be Jack.")):
        converse(page, "Who are you?")
    link = link_of(page)
    assert link.startswith(f"{site.url}/#/playground?share=1.")

    other = new_page()
    sent = []
    other.on("request", lambda request: sent.append(request.url))
    other.goto(link)
    other.get_by_label("API key", exact=True).fill(site.key)
    other.get_by_role("button", name="Sign in", exact=True).click()
    expect(messages(other)).to_have_count(2)
    expect(messages(other).last.locator("strong")).to_have_text("I")
    expect(other.get_by_label("Max tokens", exact=True)).to_have_value("7")
    assert not [url for url in sent if "completions" in url]
    assert not [url for url in sent if "share=" in url]
    with replies(other, stream("Aye.")):
        body = say(other, "And now?")
        await_reply(other, 4)
    assert [message["content"] for message in body["messages"]] == [
        "You are a pirate. 花火",
        "Who are you?",
        "Arr, **I** be Jack.",
        "And now?",
    ]
    assert body["max_tokens"] == 7


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("1.AAAA", "The link is damaged: was it copied as a whole?"),
        ("<script>", "The link is damaged: was it copied as a whole?"),
        ("7.AAAA", "The link is of version 7; this console reads 1."),
    ],
)
def test_a_bad_link_says_so(page, code, sentence):
    page.evaluate("(code) => { location.hash = `#/playground?share=${code}`; }", code)
    expect(page.get_by_text(sentence)).to_be_visible()
    expect(composer(page)).to_be_visible()


def test_a_conversation_that_is_too_long_for_a_link_says_so(page):
    with replies(page, stream("Yes.")):
        converse(page, secrets.token_hex(40_000))
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("dialog")).to_contain_text("export it as a file instead.")
