"""Making a model of a file: choosing it, what is asked beside it, and what is refused."""

import pytest
from playwright.sync_api import expect

from hanabi.styles.catalog import style_names

from .modelling import MODELS, ask, choose, create, form_of, heading, open_form, row, state

pytestmark = pytest.mark.e2e

PATIENCE = 120
"""Seconds that a busy machine may take to load a tiny model."""


@pytest.fixture
def page(models_page):
    return models_page


def choose_when_asked(page, file):
    """Choose this file in the dialogs that the browser opens.

    Long before one is opened: Chromium needs time to leave its dialogs to Playwright.
    """
    page.on("filechooser", lambda chooser: chooser.set_files(file))


def test_a_file_becomes_a_model_that_answers(page, site, tiny):
    choose_when_asked(page, tiny)
    form = open_form(page)
    expect(form.get_by_role("button", name="Choose a file")).to_be_focused()
    form.get_by_role("button", name="Choose a file").click()
    expect(form).to_contain_text("Tiny Llama.F32.gguf")
    expect(form.get_by_label("Name")).to_have_value("tiny-llama-f32")
    form.get_by_label("Name").fill("tiny-chat")
    form.get_by_label("Conversation style").select_option("vicuna")
    form.get_by_label("System prompt").fill("Be brief.")
    create(form)

    expect(heading(page, "tiny-chat")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Created")).to_be_visible()
    expect(page.get_by_text("Be brief.", exact=True)).to_be_visible()
    details = ask(site, "GET", "/v1/models/accounts/fireworks/models/tiny-chat?details=true").json()
    assert details["bytes"] == tiny.stat().st_size
    assert details["manifest"] == {
        "conversation_config": {"style": "vicuna", "args": {"system": "Be brief."}}
    }
    body = {"model": details["id"], "messages": [{"role": "user", "content": "Hello"}]}
    reply = ask(
        site, "POST", "/v1/chat/completions", json=body | {"max_tokens": 2}, timeout=PATIENCE
    )
    assert reply.status_code == 200, reply.text

    page.get_by_role("main").get_by_role("link", name="Models").click()
    made = row(page, "tiny-chat")
    for text in ("chat", "vicuna", "512", "loaded"):
        expect(made.get_by_text(text, exact=True)).to_be_visible()


def test_a_dropped_file_opens_the_form(page, site, tiny):
    made = page.evaluate_handle(
        """async (bytes) => {
            const dropped = new DataTransfer();
            dropped.items.add(new File([new Uint8Array(bytes)], "dropped.gguf"));
            return dropped;
        }""",
        list(tiny.read_bytes()),
    )
    target = page.locator("models-page")
    target.dispatch_event("dragover", {"dataTransfer": made})
    form = form_of(page)
    expect(form).to_be_visible()
    target.dispatch_event("drop", {"dataTransfer": made})
    expect(form).to_contain_text("dropped.gguf")
    create(form)
    expect(heading(page, "dropped")).to_be_visible()
    expect(page.get_by_text("This model was made without one.")).to_be_visible()
    assert state(site, "dropped") == "READY"


def test_the_styles_are_those_of_the_server(page):
    options = open_form(page).get_by_label("Conversation style").get_by_role("option")
    values = options.evaluate_all("options => options.map((option) => option.value)")
    assert sorted(values) == ["", *style_names()]


def test_every_style_is_begun_with_what_its_fields_ask_for(page, site):
    form = open_form(page)
    choose(form, {"name": "x.bin", "mimeType": "application/octet-stream", "buffer": b"x"})
    form.get_by_label("Name").fill("styled")
    alert = form.get_by_role("alert")
    for style in ("", *style_names()):
        form.get_by_label("Conversation style").select_option(style)
        for label, text in (("System prompt", "Be brief."), ("Jinja template", "{{ messages }}")):
            field = form.get_by_label(label)
            if field.is_visible():
                field.fill(text)
        with page.expect_response(lambda reply: reply.url.endswith(MODELS)) as begun:
            create(form)
        assert begun.value.status == 200, begun.value.text()
        config = begun.value.json().get("conversationConfig", {})
        assert config.get("style", "") == style
        # Its file is refused by its name: what was begun goes, what was typed stays.
        expect(alert).to_contain_text("x.bin")
        expect(form.get_by_role("button", name="Create", exact=True)).to_be_enabled()
        assert state(site, "styled") is None
        expect(form.get_by_label("Name")).to_have_value("styled")
        expect(form.get_by_label("Conversation style")).to_have_value(style)


def test_a_file_that_is_no_model_says_so_and_leaves_nothing(page, site, tiny, tmp_path):
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(tiny.read_bytes()[:5000])
    form = open_form(page)
    choose(form, bad)
    create(form)
    alert = form.get_by_role("alert")
    expect(alert).to_be_visible()
    expect(form.get_by_role("button", name="Create", exact=True)).to_be_enabled()
    assert state(site, "bad") is None
    choose(form, tiny)
    form.get_by_label("Name").fill("mended")
    create(form)
    expect(heading(page, "mended")).to_be_visible()


def test_a_name_that_is_taken_or_none_says_so(page, tiny):
    form = open_form(page)
    create(form)
    expect(form.get_by_role("alert")).to_have_count(0)  # the browser asks for the name first
    form.get_by_label("Name").fill("smollm2-135m")
    create(form)
    expect(form.get_by_role("alert")).to_contain_text("Choose a GGUF file first")
    choose(form, tiny)
    expect(form.get_by_label("Name")).to_have_value("smollm2-135m")
    create(form)
    expect(form.get_by_role("alert")).to_contain_text("smollm2-135m")
    form.get_by_label("Name").fill("No Name")
    create(form)
    assert form.get_by_label("Name").evaluate("input => input.validity.patternMismatch")
    form.get_by_role("button", name="Cancel").click()
    expect(form).to_be_hidden()
    expect(page.get_by_role("button", name="Create a model")).to_be_focused()


def test_a_keyboard_is_enough_to_make_a_model(page, site, tiny):
    choose_when_asked(page, tiny)
    page.get_by_role("button", name="Create a model").focus()
    page.keyboard.press("Enter")
    form = form_of(page)
    expect(form.get_by_role("button", name="Choose a file")).to_be_focused()
    page.keyboard.press("Enter")
    expect(form).to_contain_text(tiny.name)
    page.keyboard.press("Tab")
    expect(form.get_by_label("Name")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("by-keyboard")
    page.keyboard.press("Enter")
    expect(heading(page, "by-keyboard")).to_be_focused()
    assert state(site, "by-keyboard") == "READY"
