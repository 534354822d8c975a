"""Turns of a chat in the playground, as a person does them, with the bundled model."""

import json
import re

import httpx2
import pytest
from playwright.sync_api import expect

from .chatting import (
    CHAT,
    await_reply,
    be_long,
    be_quick,
    composer,
    converse,
    messages,
    replies,
    reply_text,
    roles_and_texts,
    say,
    stream,
)

MODEL = "accounts/fireworks/models/smollm2-135m-instruct"


def test_several_turns(page):
    be_quick(page)
    assert roles_and_texts(say(page, "Say hello.")) == [("user", "Say hello.")]
    first = reply_text(await_reply(page, 2))
    assert first
    body = say(page, "Again, please.")
    assert roles_and_texts(body) == [
        ("user", "Say hello."),
        ("assistant", first),
        ("user", "Again, please."),
    ]
    assert body["model"] == MODEL
    assert body["max_tokens"] == 8
    assert body["stream"] is True
    await_reply(page, 4)
    expect(composer(page)).to_be_focused()


def test_a_screen_reader_hears_the_reply_once_it_is_there(page):
    be_long(page)
    spoken = page.locator("chat-view > [role=status]")
    say(page, "Tell me a long story.")
    expect(messages(page).last.locator(".growing")).to_have_text(re.compile(r"\w+ \w+"))
    expect(spoken).to_have_text("The reply has begun.")
    page.get_by_role("button", name="Stop", exact=True).click()
    last = await_reply(page, 2)
    expect(spoken).to_have_text(reply_text(last).strip())


def test_the_system_prompt(page):
    be_quick(page, 2)
    page.get_by_text("System prompt").first.click()
    field = page.get_by_role("textbox", name="System prompt")
    expect(field).to_have_attribute("placeholder", re.compile("You are a helpful assistant"))
    assert roles_and_texts(say(page, "a"))[0] == ("user", "a")
    await_reply(page, 2)
    field.fill("You are a pirate.")
    assert roles_and_texts(say(page, "b"))[0] == ("system", "You are a pirate.")
    await_reply(page, 4)
    page.get_by_role("checkbox", name="Send an empty system prompt").check()
    expect(field).to_be_disabled()
    assert roles_and_texts(say(page, "c"))[0] == ("system", "")
    await_reply(page, 6)
    page.get_by_role("checkbox", name="Send an empty system prompt").uncheck()
    expect(field).to_have_value("You are a pirate.")


def test_a_question_is_edited_and_sent_again(page):
    be_quick(page, 4)
    converse(page, "one")
    converse(page, "two")
    question = messages(page).first
    question.get_by_role("button", name="Edit").click()
    field = question.get_by_role("textbox", name="Edited message")
    expect(field).to_have_value("one")
    field.fill("three")
    with page.expect_request(CHAT) as sent:
        field.press("Control+Enter")
    assert roles_and_texts(sent.value.post_data_json) == [("user", "three")]
    await_reply(page, 2)
    page.get_by_role("button", name="Undo").click()
    expect(messages(page)).to_have_count(4)
    expect(messages(page).first).to_contain_text("one")


def test_an_edit_is_given_up(page):
    be_quick(page, 2)
    converse(page, "one")
    question = messages(page).first
    question.get_by_role("button", name="Edit").click()
    question.get_by_role("textbox").fill("other")
    question.get_by_role("textbox").press("Escape")
    expect(question).to_contain_text("one")
    expect(question.get_by_role("button", name="Edit")).to_be_focused()


def test_a_reply_is_edited_and_the_model_reads_the_edit(page):
    be_quick(page, 4)
    converse(page, "What is your name?")
    answer = messages(page).last
    answer.get_by_role("button", name="Edit").click()
    answer.get_by_role("textbox").fill("Arr, I be Jack.")
    answer.get_by_role("button", name="Save").click()
    expect(messages(page).last).to_contain_text("Arr, I be Jack.")
    body = say(page, "Once more?")
    assert roles_and_texts(body)[1] == ("assistant", "Arr, I be Jack.")
    await_reply(page, 4)


def test_regenerate_and_delete(page):
    be_quick(page, 4)
    converse(page, "one")
    with page.expect_request(CHAT) as sent:
        messages(page).last.get_by_role("button", name="Regenerate").click()
    assert roles_and_texts(sent.value.post_data_json) == [("user", "one")]
    await_reply(page, 2)
    converse(page, "two")
    messages(page).first.get_by_role("button", name="Delete").click()
    expect(messages(page)).to_have_count(2)
    expect(messages(page).first).to_contain_text("two")
    page.get_by_role("button", name="Undo").click()
    expect(messages(page)).to_have_count(4)
    messages(page).last.get_by_role("button", name="Delete").click()
    expect(messages(page)).to_have_count(3)
    page.get_by_role("button", name="Get a reply").click()
    await_reply(page, 4)


@pytest.mark.parametrize("key", [None, "Escape"])
def test_stop_keeps_the_text_and_frees_the_server(page, site, key):
    be_long(page)
    say(page, "Tell me a long story.")
    expect(messages(page).last.locator(".growing")).to_have_text(re.compile(r"\w+ \w+"))
    if key is None:
        page.get_by_role("button", name="Stop", exact=True).click()
    else:
        composer(page).press(key)
    last = await_reply(page, 2)
    assert len(reply_text(last).split()) > 1
    expect(last).to_contain_text("cancelled")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    headers = {"authorization": f"Bearer {site.key}"}
    for _ in range(1000):  # a stopped sequence goes at the engine's next step
        metrics = httpx2.get(f"{site.url}/metrics", headers=headers, trust_env=False).text
        if not re.search(r"^hanabi_running_sequences\S* [1-9]", metrics, re.MULTILINE):
            break
    else:
        pytest.fail("the sequence is still running")


def test_a_lost_connection_keeps_the_text_and_offers_retry(page):
    be_quick(page, 4)
    with replies(page, stream("Once upon", " a time", done=False)):
        last = converse(page, "Tell me a story.")
    expect(last).to_contain_text("Once upon a time")
    expect(last.get_by_role("alert")).to_contain_text("The connection was lost before the reply's")
    with page.expect_request(CHAT) as sent:
        last.get_by_role("button", name="Retry").click()
    assert roles_and_texts(sent.value.post_data_json) == [("user", "Tell me a story.")]
    last = await_reply(page, 2)
    expect(last.get_by_role("alert")).to_be_hidden()
    expect(last).not_to_contain_text("Once upon a time")


def test_a_retry_that_fails_too_keeps_the_old_text(page):
    with replies(page, stream("Once upon", done=False)):
        converse(page, "Tell me a story.")
    page.route(CHAT, lambda route: route.abort())
    messages(page).last.get_by_role("button", name="Retry").click()
    last = await_reply(page, 2)
    expect(last.get_by_role("alert")).to_contain_text("The connection to the server was lost")
    expect(last).to_contain_text("Once upon")


def test_an_error_is_told_where_it_happens_in_the_servers_words(page):
    be_quick(page, 4)
    sentence = "The queue is full: 64 requests wait"
    body = json.dumps({"error": {"message": sentence, "type": "rate_limit", "code": "x"}})
    with replies(page, body, status=429, **{"retry-after": "3"}):
        last = converse(page, "one")
    expect(last.get_by_role("alert")).to_contain_text(f"{sentence}. Try again in 3 s.")
    last = converse(page, "word " * 3000)
    expect(last.get_by_role("alert")).to_contain_text("The prompt is too long: ")
    body = say(page, "short")
    assert roles_and_texts(body) == [("user", "short")]
    last = await_reply(page, 6)
    expect(last.get_by_role("alert")).to_be_hidden()
    expect(messages(page).first).to_have_attribute("title", "Not sent: it has no answer")
