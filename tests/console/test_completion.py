"""Completion mode in a browser: generating, stopping, undoing, choosing, branching."""

import re

import httpx2
import pytest
from playwright.sync_api import expect

from .completion import (
    CHAT_MODEL,
    MODEL,
    generate,
    generation,
    marked,
    open_completion,
    set_parameters,
    show,
    switch,
)

pytestmark = pytest.mark.e2e

PROMPT = "Once upon a time"


def post(site, path, **body):
    reply = httpx2.post(
        f"{site.url}/v1/{path}",
        headers={"authorization": f"Bearer {site.key}"},
        json=body,
        timeout=60,
        trust_env=False,
    )
    return reply.raise_for_status().json()


def greedy(site, prompt, **fields):
    """The choice of a request at temperature 0."""
    body = {"model": MODEL, "prompt": prompt, "temperature": 0, "max_tokens": 8} | fields
    return post(site, "completions", **body)["choices"][0]


@pytest.fixture
def editor(page):
    """The editor, with eight tokens at temperature 0."""
    editor = open_completion(page)
    set_parameters(page, max_tokens="8", temperature="0")
    editor.fill(PROMPT)
    return editor


def test_the_text_goes_on_and_what_was_generated_is_marked(page, site, editor):
    with generation(page) as bodies:
        editor.press("Control+Enter")
    assert bodies[0]["prompt"] == PROMPT
    text = greedy(site, PROMPT)["text"]
    expect(editor).to_have_value(PROMPT + text)
    assert marked(page) == [text]
    assert generate(page)["prompt"] == PROMPT + text
    more = greedy(site, PROMPT + text)["text"]
    expect(editor).to_have_value(PROMPT + text + more)
    assert marked(page) == [text, more]


def test_a_text_is_sent_as_it_is_written(page, editor):
    text = " Tabs\tand  spaces \n\n\nlines, quotes \"'`, <b>&amp;</b>, \U0001f386 and e\u0301\n"
    editor.fill(text)
    assert generate(page)["prompt"] == text


def test_a_generation_is_undone_and_redone_as_one(page, site, editor):
    generate(page)
    text = greedy(site, PROMPT)["text"]
    editor.press("Control+z")
    expect(editor).to_have_value(PROMPT)
    assert marked(page) == []
    editor.press("Control+Shift+z")
    expect(editor).to_have_value(PROMPT + text)
    assert marked(page) == [text]
    editor.press("Control+End")
    editor.press_sequentially(" end")
    editor.press("Control+Home")
    editor.press_sequentially("So: ")
    assert marked(page) == [text]
    page.get_by_role("button", name="Undo generation").click()
    expect(editor).to_have_value(f"So: {PROMPT} end")
    expect(page.get_by_role("button", name="Undo generation")).to_be_disabled()


def test_what_is_typed_within_a_generated_part_is_not_marked(page, site, editor):
    generate(page)
    text = greedy(site, PROMPT)["text"]
    editor.press("Control+End")
    editor.press("ArrowLeft")
    editor.press_sequentially("XY")
    assert marked(page) == [text[:-1], text[-1:]]


def test_regenerate_begins_at_the_same_place(page, editor):
    generate(page)
    with generation(page) as bodies:
        page.get_by_role("button", name="Regenerate").click()
    assert bodies[0]["prompt"] == PROMPT
    assert len(marked(page)) == 1


def test_escape_stops_and_keeps_the_text(page, site, editor):
    set_parameters(page, max_tokens="2000")
    switch(page, "ignore_eos").check()
    editor.press("Control+Enter")
    growing = page.locator(".editor-picture mark")
    expect(growing).to_have_text(re.compile(r"\w"))
    editor.press("Escape")
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_visible()
    expect(page.locator("reply-statistics")).to_contain_text("cancelled")
    assert editor.input_value().startswith(PROMPT)
    assert len(editor.input_value()) > len(PROMPT)
    assert marked(page) == [editor.input_value().removeprefix(PROMPT)]
    page.wait_for_function(RUNNING, arg=[f"{site.url}/metrics", site.key])


RUNNING = """async ([url, key]) => {
    const reply = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
    const counts = [...(await reply.text()).matchAll(/^hanabi_running_sequences\\S* (\\S+)$/gm)];
    return counts.length > 0 && counts.every(([, count]) => Number(count) === 0);
}"""
"""Whether no sequence is running on the server."""


def test_the_button_stops_as_well_and_keeps_the_focus(page, editor):
    set_parameters(page, max_tokens="2000")
    switch(page, "ignore_eos").check()
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_focused()
    expect(page.locator(".editor-picture mark")).to_have_text(re.compile(r"\w"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_focused()


def test_choices_stand_side_by_side_and_one_is_taken(page, editor):
    set_parameters(page, n="3", temperature="1", seed="7")
    generate(page)
    cards = page.get_by_role("group", name="Choices").get_by_role("article")
    expect(cards).to_have_count(3)
    texts = page.locator(".completion-choice pre").all_text_contents()
    assert len(set(texts)) > 1
    expect(editor).to_have_value(PROMPT + texts[0])
    cards.nth(2).get_by_role("button", name="Use this").click()
    expect(editor).to_have_value(PROMPT + texts[2])
    assert marked(page) == [texts[2]]
    expect(cards.nth(2).get_by_role("button", name="In the editor")).to_be_disabled()


def test_an_echoed_prompt_stands_in_the_text_once(page, site, editor):
    switch(page, "echo").check()
    assert generate(page)["echo"] is True
    text = greedy(site, PROMPT)["text"]
    expect(editor).to_have_value(PROMPT + text)
    assert marked(page) == [text]
    show(page, "Tokens")
    ids = post(site, "tokenize", model=MODEL, prompt=PROMPT)["tokens"]
    expect(page.locator(".token")).to_have_count(len(ids) + 8)
    expect(page.locator(".token.prompt")).to_have_count(len(ids))


def test_another_token_is_continued_from_exactly(page, site, editor):
    generate(page)
    row = greedy(site, PROMPT, logprobs=True, top_logprobs=5)["logprobs"]["content"]
    ids = post(site, "tokenize", model=MODEL, prompt=PROMPT)["tokens"]
    show(page, "Tokens")
    page.locator(".token").nth(3).click()
    with generation(page) as bodies:
        page.locator(".token-popover").get_by_role("button").nth(1).click()
    other = row[3]["top_logprobs"][2]  # the first of all is what was generated
    exact = [*ids, *(each["token_id"] for each in row[:3]), other["token_id"]]
    assert bodies[0]["prompt"] == exact
    kept = "".join(each["token"] for each in row[:3]) + other["token"]
    more = greedy(site, exact)["text"]
    expect(page.locator(".token")).to_have_count(4 + 8)
    show(page, "Text")
    expect(editor).to_have_value(PROMPT + kept + more)
    assert marked(page) == [kept + more]
    # And from there once more, by the keyboard.
    show(page, "Tokens")
    page.locator(".token").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    with generation(page) as bodies:
        page.keyboard.press("Enter")
    assert bodies[0]["prompt"] == [*ids, row[0]["token_id"], row[1]["top_logprobs"][1]["token_id"]]
    show(page, "Text")
    editor.press("Control+z")
    editor.press("Control+z")
    expect(editor).to_have_value(PROMPT + kept + more)


def test_the_names_of_control_tokens_stand_for_them(page, site):
    editor = open_completion(page, CHAT_MODEL)
    set_parameters(page, max_tokens="4", temperature="0")
    template = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    editor.fill(template)
    control = page.get_by_role("switch", name="Control tokens")
    expect(control).to_be_checked()
    system = {"role": "system", "content": ""}
    exact = post(
        site,
        "chat/completions",
        model=CHAT_MODEL,
        messages=[system, {"role": "user", "content": "Hi"}],
        max_tokens=0,
        return_token_ids=True,
    )["choices"][0]["prompt_token_ids"]
    assert generate(page)["prompt"] == exact
    editor.fill(template)
    control.uncheck()
    assert generate(page)["prompt"] == template


def test_a_request_is_not_shown_before_its_ids_are_known(page):
    editor = open_completion(page, CHAT_MODEL)
    code = page.get_by_role("button", name="View code", exact=True)
    page.route("**/v1/tokenize", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        editor.fill("<|im_start|>user\n")
    expect(code).to_be_disabled()
    page.unroute("**/v1/tokenize")
    editor.fill("<|im_start|>user\nHi")
    code.click()
    expect(page.get_by_role("tabpanel")).to_contain_text(re.compile(r'"prompt": \[\s*1,'))


def test_an_error_is_said_where_it_happens(page, editor):
    editor.fill("word " * 3000)
    page.get_by_role("button", name="Generate", exact=True).click()
    alert = page.locator("completion-view").get_by_role("alert")
    expect(alert).to_contain_text("The prompt is too long: 30")
    editor.fill(PROMPT)
    generate(page)
    expect(alert).to_be_hidden()


def test_a_lost_connection_offers_another_try(page, editor):
    page.route("**/v1/completions", lambda route: route.abort())
    page.get_by_role("button", name="Generate", exact=True).click()
    alert = page.locator("completion-view").get_by_role("alert")
    expect(alert).to_contain_text("connection")
    expect(editor).to_have_value(PROMPT)
    page.unroute("**/v1/completions")
    with generation(page) as bodies:
        alert.get_by_role("button", name="Try again").click()
    assert bodies[0]["prompt"] == PROMPT
    expect(alert).to_be_hidden()


def test_what_came_before_the_connection_was_lost_is_kept(page, editor):
    body = 'data: {"choices":[{"index":0,"text":" half","finish_reason":null}]}\n\n'
    headers = {"content-type": "text/event-stream"}
    page.route("**/v1/completions", lambda route: route.fulfill(body=body, headers=headers))
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.locator("completion-view").get_by_role("alert")).to_contain_text("connection")
    expect(editor).to_have_value(f"{PROMPT} half")
    assert marked(page) == [" half"]
