"""The conversations that the browser keeps, as a person handles them."""

import json
import re

import pytest
from playwright.sync_api import expect

from .chatting import (
    await_reply,
    be_long,
    be_quick,
    composer,
    converse,
    messages,
    replies,
    reply_text,
    say,
    stream,
)
from .conftest import sign_in


def rows(page):
    """The list's buttons that open a conversation."""
    return page.locator("conversation-list .conversation")


def tool(page, name):
    """A button of a row."""
    return page.get_by_role("button", name=name, exact=True)


def start_anew(page):
    tool(page, "New").click()
    expect(messages(page)).to_have_count(0)


def talk(page, question, answer):
    """One exchange, answered by the test."""
    with replies(page, stream(answer)):
        converse(page, question)


def await_kept(page, text):
    """Wait until the browser's database holds a reply that begins so."""
    page.evaluate(
        """async (text) => {
            const result = (request) => new Promise((resolve, reject) => {
                request.onsuccess = () => resolve(request.result);
                request.onerror = () => reject(request.error);
            });
            const isKept = ({ turns }) => turns.at(-1).choices?.[0]?.text.startsWith(text);
            const database = await result(indexedDB.open("hanabi"));
            const all = () => database.transaction("conversations").objectStore("conversations")
                .getAll();
            while (!(await result(all())).some(isKept)) {
                await new Promise(requestAnimationFrame);
            }
            database.close();
        }""",
        text,
    )


def test_conversations_are_listed_named_and_survive_a_reload(page):
    be_quick(page, 4)
    converse(page, "Why is the sky blue?")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Why is the sky blue?")
    start_anew(page)
    talk(page, "Tell me a joke.", "No.")
    expect(rows(page)).to_have_count(2)
    expect(rows(page).first).to_contain_text("Tell me a joke.")
    expect(rows(page).first).to_have_attribute("aria-current", "true")
    page.reload()
    expect(rows(page)).to_have_count(2)
    expect(messages(page).last).to_contain_text("No.")
    rows(page).nth(1).click()
    expect(messages(page).first).to_contain_text("Why is the sky blue?")
    expect(page.get_by_label("Max tokens", exact=True)).to_have_value("4")
    body = say(page, "Why?")
    assert len(body["messages"]) == 3
    await_reply(page, 4)


def test_a_conversation_is_renamed(page):
    talk(page, "one", "First.")
    tool(page, "Rename one").click()
    field = page.get_by_role("textbox", name="Title")
    expect(field).to_have_value("one")
    field.fill("My title")
    field.press("Enter")
    expect(rows(page)).to_contain_text("My title")
    talk(page, "two", "Second.")
    expect(rows(page)).to_contain_text("My title")
    page.reload()
    expect(rows(page)).to_contain_text("My title")
    tool(page, "Rename My title").click()
    page.get_by_role("textbox", name="Title").press("Escape")
    expect(rows(page)).to_contain_text("My title")


def test_a_deleted_conversation_comes_back(page):
    talk(page, "one", "First.")
    expect(rows(page)).to_have_count(1)
    tool(page, "Delete one").click()
    expect(rows(page)).to_have_count(0)
    expect(messages(page)).to_have_count(0)
    tool(page, "Undo").click()
    expect(rows(page)).to_have_count(1)
    rows(page).click()
    expect(messages(page)).to_have_count(2)
    tool(page, "Delete one").click()
    expect(rows(page)).to_have_count(0)
    page.reload()
    expect(page.get_by_text("What you ask is kept here")).to_be_visible()


def test_a_conversation_that_is_deleted_while_its_reply_comes_stays_deleted(page):
    be_long(page)
    say(page, "Tell me a long story.")
    expect(messages(page).last.locator(".growing")).to_have_text(re.compile(r"\w+ \w+"))
    expect(rows(page)).to_have_count(1)
    tool(page, "Delete Tell me a long story.").click()
    expect(messages(page)).to_have_count(0)
    talk(page, "two", "Second.")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("two")


def test_export_and_import(page, new_page, site, tmp_path):
    talk(page, "one", "First.")
    start_anew(page)
    talk(page, "two", "Second.")
    expect(rows(page)).to_have_count(2)
    with page.expect_download() as download:
        tool(page, "Export all").click()
    file = tmp_path / "all.json"
    download.value.save_as(file)
    with page.expect_download() as download:
        tool(page, "Export one").click()
    download.value.save_as(tmp_path / "one.json")
    alone = json.loads((tmp_path / "one.json").read_text())
    assert [one["turns"][0]["content"] for one in alone["conversations"]] == ["one"]

    other = new_page(key=site.key)
    other.get_by_label("File of conversations").set_input_files(file)
    expect(other.get_by_text("Imported 2 conversations.")).to_be_visible()
    expect(rows(other)).to_have_count(2)
    other.locator(".conversation", has_text="two").click()
    expect(messages(other)).to_have_count(2)
    expect(messages(other).first).to_contain_text("two")
    expect(messages(other).last.locator("markdown-view")).to_have_text("Second.")
    assert reply_text(messages(other).last) == "Second."
    other.reload()
    expect(messages(other).last.locator("markdown-view")).to_have_text("Second.")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda _: "no JSON", "The file is not JSON."),
        (lambda _: "[]", '"format" must be "hanabi-conversations"'),
        (
            lambda text: text.replace('"role": "user"', '"role": "system"'),
            'conversations[1].turns[0].role: must be one of "user", "assistant"',
        ),
    ],
)
def test_a_bad_file_is_refused_as_a_whole(page, tmp_path, change, sentence):
    conversation = {"model": "accounts/fireworks/models/smollm2-135m-instruct"}
    asking = conversation | {"turns": [{"role": "user", "content": "a"}]}
    file = tmp_path / "bad.json"
    good = {"format": "hanabi-conversations", "version": 1, "conversations": [conversation, asking]}
    file.write_text(change(json.dumps(good)))
    page.get_by_label("File of conversations").set_input_files(file)
    expect(page.get_by_text("Nothing was imported.")).to_contain_text(sentence)
    expect(rows(page)).to_have_count(0)


def test_a_reload_in_the_middle_of_a_reply_keeps_what_is_there(page):
    be_long(page)
    say(page, "Tell me a long story.")
    growing = messages(page).last.locator(".growing")
    expect(growing).to_have_text(re.compile(r"(\w+\W+){4}"))
    begun = growing.text_content()[:10]
    await_kept(page, begun)
    page.reload()
    last = await_reply(page, 2)
    assert reply_text(last).startswith(begun)
    expect(last).to_contain_text("cancelled")


def test_another_tab_shows_what_this_one_does(page, site):
    talk(page, "one", "First.")
    expect(rows(page)).to_have_count(1)
    other = page.context.new_page()
    other.goto(page.url)
    sign_in(other, site.key)
    expect(messages(other)).to_have_count(2)
    talk(page, "two", "Second.")
    expect(messages(other)).to_have_count(4)
    expect(messages(other).last).to_contain_text("Second.")
    composer(other).fill("a draft stays")
    talk(page, "three", "Third.")
    expect(messages(other)).to_have_count(6)
    expect(composer(other)).to_have_value("a draft stays")


def test_two_tabs_that_change_a_conversation_at_once_keep_both(page, site):
    talk(page, "one", "First.")
    expect(rows(page)).to_have_count(1)
    other = page.context.new_page()
    other.goto(page.url)
    sign_in(other, site.key)
    expect(messages(other)).to_have_count(2)
    be_long(page)
    say(page, "Tell me a long story.")
    expect(messages(page).last.locator(".growing")).to_have_text(re.compile(r"\w+ \w+"))
    expect(messages(other)).to_have_count(4)
    messages(other).nth(2).get_by_role("button", name="Delete").click()
    expect(messages(other)).to_have_count(2)
    talk(other, "two", "Second.")
    composer(page).press("Escape")
    await_reply(page, 4)
    expect(rows(page)).to_have_count(2)
    other.reload()
    expect(messages(other).last).to_contain_text("Second.")
    page.reload()
    expect(messages(page).nth(2)).to_contain_text("Tell me a long story.")
