"""The playground around a conversation: the bar, the columns, where it begins."""

import json
import re

import httpx2
import pytest
from playwright.sync_api import expect

from .chatting import (
    await_reply,
    be_quick,
    composer,
    converse,
    messages,
    replies,
    roles_and_texts,
    say,
    stream,
)

MODEL = "accounts/fireworks/models/smollm2-135m-instruct"
LONG = "accounts/fireworks/models/llama-v3p1-70b-instruct-q4"


def test_the_request_is_shown_as_code_and_as_its_exact_prompt(page):
    composer(page).fill("Who are you?")
    page.get_by_role("button", name="View code").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Who are you?")
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Exact prompt").click()
    expect(page.get_by_role("dialog")).to_contain_text("<|im_start|>")


def test_without_the_chat_template_the_formatted_prompt_is_completed(page):
    be_quick(page, 4)
    converse(page, "Say hello.")
    composer(page).fill("And now?")
    template = page.get_by_role("checkbox", name="Use chat template")
    template.uncheck()
    editor = page.locator("completion-view textarea").first
    expect(editor).to_have_value(re.compile(r"<\|im_start\|>user\nSay hello\.<\|im_end\|>"))
    expect(editor).to_have_value(
        re.compile(r"user\nAnd now\?<\|im_end\|>\n<\|im_start\|>assistant")
    )
    template.check()
    expect(messages(page)).to_have_count(2)
    expect(messages(page).first).to_contain_text("Say hello.")


@pytest.fixture
def models(new_page, site):
    """A page whose server seems to have three more models, one of them without chat."""
    headers = {"authorization": f"Bearer {site.key}"}
    address = f"{site.url}/v1/models?details=true"
    listed = httpx2.get(address, headers=headers, trust_env=False).json()
    model = next(model for model in listed["data"] if model["supports_chat"])
    other = model | {"id": "accounts/fireworks/models/other", "system": "You are other."}
    long = model | {"id": LONG}
    base = model | {"id": "accounts/fireworks/models/base", "supports_chat": False}
    body = json.dumps(listed | {"data": [model, other, long, base]})
    page = new_page()
    page.route("**/v1/models?details=true", lambda route: route.fulfill(body=body))
    page.get_by_label("API key", exact=True).fill(site.key)
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page


def test_another_model_goes_on_with_the_conversation(models):
    with replies(models, stream("First.")):
        converse(models, "one")
    models.get_by_label("Model", exact=True).select_option("other")
    with replies(models, stream("Second.")):
        body = say(models, "two")
        last = await_reply(models, 4)
    assert body["model"] == "accounts/fireworks/models/other"
    assert roles_and_texts(body)[1] == ("assistant", "First.")
    expect(last.get_by_role("heading", name="other")).to_be_visible()
    expect(messages(models).nth(1).get_by_role("heading")).to_have_text("smollm2-135m-instruct")


def test_a_model_without_chat_completes(models):
    models.get_by_label("Model", exact=True).select_option("base")
    expect(models.locator("completion-view")).to_be_visible()
    expect(models.get_by_role("checkbox", name="Use chat template")).to_be_hidden()
    models.get_by_label("Model", exact=True).select_option("other")
    expect(models.get_by_role("checkbox", name="Use chat template")).to_be_visible()


def test_a_chat_begins_with_what_the_model_is_and_examples(page):
    welcome = page.locator("chat-welcome")
    expect(welcome.get_by_role("heading")).to_have_text("smollm2-135m-instruct")
    expect(welcome).to_contain_text("chatml style · 8,192 tokens of context")
    example = welcome.get_by_role("list", name="Examples").get_by_role("button").nth(1)
    text = example.text_content()
    example.click()
    expect(composer(page)).to_have_value(text)
    expect(composer(page)).to_be_focused()
    expect(messages(page)).to_have_count(0)
    with replies(page, stream("Sparks.")):
        composer(page).press("Control+Enter")
        await_reply(page, 2)
    expect(messages(page).first).to_contain_text(text)
    expect(welcome).to_be_hidden()
    page.get_by_role("button", name="New", exact=True).click()
    expect(welcome).to_be_visible()


def columns(page):
    """The two columns beside the view."""
    return [
        page.get_by_role("complementary", name=name) for name in ("Conversations", "Parameters")
    ]


def test_columns_come_and_go_with_the_room_for_them(page):
    left, right = columns(page)
    expect(left).to_be_visible()
    expect(right).to_be_visible()
    page.set_viewport_size({"width": 1000, "height": 800})
    expect(left).to_be_hidden()
    expect(right).to_be_visible()
    page.set_viewport_size({"width": 380, "height": 800})
    expect(right).to_be_hidden()
    composer(page).fill("in reach")
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(left).to_be_visible()
    expect(right).to_be_visible()
    button = page.get_by_role("button", name="Parameters", exact=True)
    expect(button).to_have_attribute("aria-expanded", "true")
    button.click()
    expect(right).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize("name", ["Conversations", "Parameters"])
def test_a_column_before_the_view_takes_the_focus_and_gives_it_back(new_page, site, name):
    page = new_page(key=site.key, width=380)
    column = page.get_by_role("complementary", name=name)
    button = page.get_by_role("button", name=name, exact=True)
    expect(column).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    expect(column).to_be_focused()
    page.keyboard.press("Tab")
    expect(column.locator(":focus")).to_have_count(1)
    expect(page.locator(".playground-main")).to_have_attribute("inert", "")
    page.keyboard.press("Escape")
    expect(column).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    expect(column).to_be_visible()
    page.mouse.click(*{"Conversations": (370, 600), "Parameters": (10, 600)}[name])
    expect(column).to_be_hidden()
    composer(page).fill("in reach")


@pytest.mark.parametrize("width", [1280, 1000, 380])
def test_all_of_the_bar_is_in_sight_and_a_long_name_too(models, width):
    models.set_viewport_size({"width": width, "height": 800})
    expect(models.get_by_role("button", name="View code")).to_be_visible()
    bar = models.locator("playground-bar").bounding_box()
    for part in models.locator("playground-bar > :is(button, select, label)").all():
        box = part.bounding_box()
        assert bar["x"] <= box["x"]
        assert box["x"] + box["width"] <= bar["x"] + bar["width"]
    select = models.get_by_label("Model", exact=True)
    select.select_option(LONG)
    shown = select.evaluate(
        """(select) => {
            const pen = new OffscreenCanvas(1, 1).getContext("2d");
            pen.font = getComputedStyle(select).font;
            const { paddingLeft, paddingRight } = getComputedStyle(select);
            const room = select.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
            return pen.measureText(select.selectedOptions[0].label).width <= room;
        }"""
    )
    assert shown


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("conversation=none", "This browser has no such conversation."),
        ("model=accounts/me/models/gone", f"accounts/me/models/gone here; {MODEL} is chosen."),
    ],
)
def test_an_address_of_what_is_not_there_says_so(new_page, site, query, sentence):
    page = new_page(key=site.key, path=f"/#/playground?{query}")
    expect(page.get_by_text(sentence)).to_be_visible()
    expect(composer(page)).to_be_editable()


def test_completion_mode_by_its_address(new_page, site):
    page = new_page(key=site.key, path="/#/playground?mode=completion")
    expect(page.locator("completion-view textarea").first).to_be_editable()
    template = page.get_by_role("checkbox", name="Use chat template")
    expect(template).not_to_be_checked()
    template.check()
    expect(composer(page)).to_be_editable()
